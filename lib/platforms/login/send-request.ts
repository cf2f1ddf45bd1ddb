import { renderFields, templatesIn } from '../../definition/template/fields.ts';
import type { FieldValue } from '../../definition/template/fields.ts';
import { renderHeaders } from '../../definition/template/headers.ts';
import { filtersIn } from '../../definition/template/render.ts';
import { textPairs } from '../../definition/template/text-pairs.ts';
import { writeBody } from '../../text/body.ts';
import { encodeForm } from '../../text/form.ts';
import type { Attempt } from './attempt.ts';
import type { Request, Visit } from './browser.ts';
import { describeResponse } from './describe-response.ts';
import { awaitUnusedCode } from './one-time-codes.ts';
import { ACCEPT_PAGE, prepare } from './recipe-request.ts';

/** A request of a recipe, as its definition writes it. */
export interface RecipeRequest {
  method: string;
  path: string;
  body: 'form' | 'json' | 'multipart';
  headers?: Record<string, string> | undefined;
  fields: Record<string, FieldValue>;
}

export interface SendOptions {
  /** Where the definition has it: `auth.login.submit`. */
  field: string;
  /** The page that it is sent from. */
  referer?: string | undefined;
  /** A `GET` that fails on the network is sent once more. */
  repeat: boolean;
  saw: Record<string, unknown>;
}

/** Renders a request of the recipe and sends it; its redirects are not followed. */
export async function sendRequest(
  attempt: Attempt,
  recipe: RecipeRequest,
  { field, referer, repeat, saw }: SendOptions,
): Promise<Visit> {
  const { browser, charset, scope, redactor } = attempt;
  const { method, path, body: format, fields, headers: own = {} } = recipe;
  if (hasOneTimeCode(recipe)) await awaitUnusedCode(attempt);
  const { url: address, headers: common } = await prepare(attempt, path, ACCEPT_PAGE);
  const values = renderFields(fields, scope);
  const headers: Record<string, string> = { ...common };
  if (method !== 'GET') headers['origin'] = new URL(address).origin;
  if (referer !== undefined) headers['referer'] = referer;
  Object.assign(headers, renderHeaders(own, scope));
  Object.assign(saw, {
    method,
    path: redactor.redact(new URL(address).pathname, 300),
    fields: Object.keys(fields),
  });
  const request = await write({ method, address, headers, values, format, charset, field });
  const visit = await browser.open(request, { repeat });
  await describeResponse(attempt, visit, saw);
  return visit;
}

function hasOneTimeCode({ path, headers = {}, fields }: RecipeRequest): boolean {
  const templates = [path, ...Object.entries(headers).flat(), ...templatesIn(fields).map(([, one]) => one)];
  return templates.some((template) => filtersIn(template).includes('totp'));
}

interface FormToWrite {
  method: string;
  address: string;
  headers: Record<string, string>;
  values: [name: string, value: unknown][];
  format: 'form' | 'json' | 'multipart';
  charset: string | undefined;
  field: string;
}

async function write(form: FormToWrite): Promise<Request> {
  const { method, address, headers, values, format, charset, field } = form;
  if (method === 'GET') {
    if (values.length === 0) return { method, url: address, headers };
    const query = encodeForm(textPairs(values, { of: `${field}.fields` }), charset);
    return { method, url: `${address}${address.includes('?') ? '&' : '?'}${query}`, headers };
  }
  if (format === 'json') {
    const body = Buffer.from(JSON.stringify(Object.fromEntries(values)));
    return { method, url: address, headers: { 'content-type': 'application/json', ...headers }, body };
  }
  const pairs = textPairs(values, { of: `${field}.fields` });
  const { bytes, contentType } = await writeBody(pairs, { format, charset });
  return { method, url: address, headers: { 'content-type': contentType, ...headers }, body: bytes };
}
