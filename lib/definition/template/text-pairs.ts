import { invalid } from '../../runtime/field-errors.ts';
import { ExactNumber } from '../../text/json/exact.ts';

export type TextPair = [name: string, text: string];

export interface PairOptions {
  /** What becomes of an object: there is no standard way to write one. */
  objects?: 'as-json' | 'refused';
  /** Of what the fields are, for the error. */
  of?: string;
}

/**
 * Values as fields of a query or form: a list repeats its name.
 * @throws GatewayError `VALIDATION_FAILED` naming the field that cannot be written.
 */
export function textPairs(
  values: readonly (readonly [name: string, value: unknown])[],
  options: PairOptions = {},
): TextPair[] {
  return values.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown): TextPair => [
      name,
      scalarText(name, one, options),
    ]),
  );
}

function scalarText(name: string, value: unknown, { objects, of = 'params' }: PairOptions): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof ExactNumber) return value.source;
  if (value === null || value === undefined) return '';
  if (typeof value === 'object' && objects === 'as-json') return JSON.stringify(value);
  throw invalid(`${of}.${name}`, 'must be well-formed text, a number, a boolean or a list of these here');
}
