import { isGatewayError } from '../../runtime/errors.ts';
import { renderText } from '../../definition/template/render.ts';
import type { Attempt } from './attempt.ts';
import type { Request, Visit } from './browser.ts';
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
    const rendered = Object.entries(fields).map(([name, template]): [string, string] => [
      name,
      renderText(template, scope, 'none'),
    ]);
    const headers: Record<string, string> = {
      ...common,
      origin: new URL(address).origin,
      referer: pageUrl,
    };
    for (const [name, template] of Object.entries(own)) {
      headers[name.toLowerCase()] = renderText(template, scope, 'header');
    }
    Object.assign(saw, {
      method,
      path: redactor.redact(new URL(address).pathname, 300),
      fields: Object.keys(fields),
    });
    const request: Request = write({ method, address, headers, rendered, format, charset });
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
  rendered: [string, string][];
  format: 'form' | 'json';
  charset: string | undefined;
}

function write({ method, address, headers, rendered, format, charset }: FormToWrite): Request {
  if (method === 'GET') {
    const query = encodeForm(rendered, charset);
    return { method, url: `${address}${address.includes('?') ? '&' : '?'}${query}`, headers };
  }
  const [contentType, text] =
    format === 'json'
      ? ['application/json', JSON.stringify(Object.fromEntries(rendered))]
      : ['application/x-www-form-urlencoded', encodeForm(rendered, charset)];
  return {
    method,
    url: address,
    headers: { 'content-type': contentType, ...headers },
    body: Buffer.from(text),
  };
}
