import type * as z from 'zod';
import { fieldErrors, invalid } from '../runtime/field-errors.ts';
import { GatewayError } from '../runtime/errors.ts';
import { ExactNumber, JsonSyntaxError, LoneSurrogate, parseExact } from '../text/json/exact.ts';
import { exactDouble } from '../text/json/double.ts';
import type { ExactJson } from '../text/json/exact.ts';
import type { ApiRequest } from './message.ts';

/**
 * The request's JSON body; an absent one counts as `{}`.
 * @throws GatewayError `MALFORMED_REQUEST` when it is not JSON; `VALIDATION_FAILED` for half a character, and naming a
 *   number that a double would change (a 19-digit id): it is refused rather than rounded.
 */
export function jsonBody({ body }: Pick<ApiRequest, 'body'>): unknown {
  if (body.length === 0) return {};
  try {
    return asPlain(parseExact(body.toString('utf8')), '');
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    if (cause instanceof LoneSurrogate) throw invalid('body', 'holds half a character (a lone surrogate)');
    throw new GatewayError('MALFORMED_REQUEST', `The body is not JSON: ${cause.message}`, { cause });
  }
}

function asPlain(value: ExactJson, path: string): unknown {
  if (value instanceof ExactNumber) {
    const number = exactDouble(value.source);
    if (number !== undefined) return number;
    const field = path === '' ? 'body' : path;
    throw invalid(field, 'has too many digits for a JSON number: send it as a string');
  }
  if (typeof value !== 'object' || value === null) return value;
  const at = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if (Array.isArray(value)) return value.map((item, index) => asPlain(item, at(index)));
  const plain: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    // Not by assignment: `__proto__` is a key like any other.
    Object.defineProperty(plain, name, {
      value: asPlain(member, at(name)),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return plain;
}

/** @throws GatewayError `VALIDATION_FAILED` naming each field at fault. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error, 'body');
  const first = fields[0];
  throw new GatewayError('VALIDATION_FAILED', `${first?.field}: ${first?.message}`, { fields });
}

export const parseBody = <T extends z.ZodType>(schema: T, request: Pick<ApiRequest, 'body'>) =>
  parse(schema, jsonBody(request));

/** A repeated query parameter is refused: it would be ambiguous. */
export function parseQuery<T extends z.ZodType>(
  schema: T,
  { query }: Pick<ApiRequest, 'query'>,
): z.output<T> {
  const values = new URLSearchParams(query);
  for (const name of values.keys()) {
    if (values.getAll(name).length > 1) throw invalid(name, 'must be given once');
  }
  return parse(schema, Object.fromEntries(values));
}
