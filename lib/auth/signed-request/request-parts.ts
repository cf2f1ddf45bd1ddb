/** What a message may name of the request that is signed. */
import { memberPairs, sortedParams } from '../../definition/signing/sorted-params.ts';
import { textPairs } from '../../definition/template/text-pairs.ts';
import type { TextPair } from '../../definition/template/text-pairs.ts';
import type { RequestParts } from '../../definition/template/scope.ts';
import { JsonSyntaxError, parseExact } from '../../text/json/exact.ts';
import { splitTarget } from '../../vendors/http/target.ts';
import type { WireRequest } from '../strategy.ts';

/** @param request without its signature. @param left names that `sortedParams` leaves out: the signature's own. */
export function requestParts(request: WireRequest, left: ReadonlySet<string>): RequestParts {
  const target = splitTarget(request.url).path;
  const at = target.indexOf('?');
  const query = at < 0 ? '' : target.slice(at + 1);
  return {
    method: request.method,
    path: at < 0 ? target : target.slice(0, at),
    query,
    body: request.body?.toString() ?? '',
    get sortedParams() {
      return sortedParams([...new URLSearchParams(query), ...bodyPairs(request)], left);
    },
  };
}

/** Fields as they are, or as a caller of the raw proxy has written them. */
function bodyPairs({ fields, headers, body }: WireRequest): TextPair[] {
  if (fields?.format === 'json') return memberPairs(fields.values);
  if (fields) return textPairs(Object.entries(fields.values));
  const type = headers['content-type'] ?? '';
  if (!body) return [];
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return [...new URLSearchParams(body.toString())];
  return /[/+]json\s*(;|$)/i.test(type) ? memberPairs(jsonIn(body.toString())) : [];
}

function jsonIn(text: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
