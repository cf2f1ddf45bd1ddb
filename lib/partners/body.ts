/** The body of a webhook as a payload: JSON, or the fields of a form. */
import { isUtf8 } from 'node:buffer';
import { memberPairs } from '../definition/signing/sorted-params.ts';
import type { TextPair } from '../definition/template/text-pairs.ts';
import { JsonSyntaxError, parseExact } from '../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../text/json/exact.ts';
import { isObject } from './payload.ts';
import type { PartnerRequest } from './protocol.ts';
import { invalid } from './reply.ts';

export interface ReadBody {
  payload: ExactJson;
  /** A form's fields, or the members of a JSON object as texts. */
  pairs(): TextPair[];
}

/** @returns `undefined` for what is neither a form nor JSON. */
export function readBody({ body, headers }: Pick<PartnerRequest, 'body' | 'headers'>): ReadBody | undefined {
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    const pairs = [...new URLSearchParams(text)];
    return { payload: fieldsOf(pairs), pairs: () => pairs };
  }
  try {
    const payload = parseExact(text);
    return { payload, pairs: () => memberPairs(payload) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** @throws WebhookRefused `VALIDATION_FAILED` for what is neither. */
export const payloadOf = (request: PartnerRequest): ExactJson =>
  (readBody(request) ?? invalid('payload', 'is neither JSON nor a form')).payload;

/** A payload without these members. */
export const without = (payload: ExactJson, names: ReadonlySet<string>): ExactJson =>
  isObject(payload)
    ? Object.fromEntries(Object.entries(payload).filter(([name]) => !names.has(name)))
    : payload;

/** A name that comes several times has a list. */
function fieldsOf(pairs: readonly TextPair[]): ExactObject {
  const byName = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, [first, ...more]]) => [
      name,
      more.length === 0 ? first![1] : [first!, ...more].map(([, text]) => text),
    ]),
  );
}
