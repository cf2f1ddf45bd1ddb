import { isGatewayError } from '../../runtime/errors.ts';
import { renderText } from '../../definition/template/render.ts';
import type { Attempt } from './attempt.ts';
import type { Request, Visit } from './browser.ts';
import { renderFields } from '../../definition/template/fields.ts';
import { textPairs } from '../../definition/template/text-pairs.ts';
import { writeBody } from '../../text/body.ts';
import { encodeForm } from '../../text/form.ts';
import { ACCEPT_PAGE, prepare } from './recipe-request.ts';
import { describeResponse } from './describe-response.ts';

const EXCERPT_CHARACTERS = 300;

/** Sends the form, once: a captcha is good for one try, and a network error does not say whether it was used. */
export async function submitForm(attempt: Attempt, pageUrl: string): Promise<Visit> {
  const { login, browser, trace, charset, scope, redactor, notes } = attempt;
  return trace.step('submit', async (saw) => {
    const { method, path, body: format, fields, headers: own = {} } = login.submit;
    const { url: address, headers: common } = await prepare(attempt, path, ACCEPT_PAGE);
    scope.derived = new Set();
    const values = renderFields(fields, scope);
    const headers: Record<string, string> = {
      ...common,
      origin: new URL(address).origin,
      referer: pageUrl,
    };
    for (const [name, template] of Object.entries(own)) {
      headers[renderText(name, scope, 'header').toLowerCase()] = renderText(template, scope, 'header');
    }
    redactor.learn([...scope.derived]);
    Object.assign(saw, {
      method,
      path: redactor.redact(new URL(address).pathname, 300),
      fields: Object.keys(fields),
    });
    const request = await write({ method, address, headers, values, format, charset });
    const visit = await browser.open(request, { repeat: false }).catch((error: unknown) => {
      notes.submitted = isGatewayError(error) && error.mayHaveHadEffect;
      throw error;
    });
    notes.submitted = true;
    await describeResponse(attempt, visit, saw);
    saw['text'] = redactor.redact(visit.answer.text(), EXCERPT_CHARACTERS);
    return visit;
  });
}

interface FormToWrite {
  method: string;
  address: string;
  headers: Record<string, string>;
  values: [name: string, value: unknown][];
  format: 'form' | 'json' | 'multipart';
  charset: string | undefined;
}

async function write({ method, address, headers, values, format, charset }: FormToWrite): Promise<Request> {
  if (format === 'json' && method !== 'GET') {
    const bytes = Buffer.from(JSON.stringify(Object.fromEntries(values)));
    return { method, url: address, headers: { 'content-type': 'application/json', ...headers }, body: bytes };
  }
  const pairs = textPairs(values, { of: 'auth.login.submit.fields' });
  if (method === 'GET') {
    const query = encodeForm(pairs, charset);
    return { method, url: `${address}${address.includes('?') ? '&' : '?'}${query}`, headers };
  }
  const { bytes, contentType } = await writeBody(pairs, {
    format: format === 'multipart' ? format : 'form',
    charset,
  });
  return { method, url: address, headers: { 'content-type': contentType, ...headers }, body: bytes };
}
