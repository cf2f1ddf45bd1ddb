/** What of an answer becomes `data`, and what the requests before an operation give it. */
import { extractAll, extractOne } from '../../definition/extractor/extract.ts';
import { isExtractor } from '../../definition/extractor/schema.ts';
import type { Extractor, Extractors } from '../../definition/extractor/schema.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import { changedError, GatewayError, isGatewayError } from '../../runtime/errors.ts';
import { textAt } from '../../text/json/exact.ts';
import type { Operation, StepBefore } from '../definition.ts';

interface Called {
  service: string;
  operation: string;
}
type Upstream = NonNullable<GatewayError['upstream']>;

/**
 * JSON text. @throws GatewayError `PLATFORM_API_ERROR` when the answer cannot be read, or has not what the operation
 * extracts; `RESPONSE_TOO_LARGE`.
 */
export function dataOf(
  called: Called,
  { extract, result }: Pick<Operation, 'extract' | 'result'>,
  answer: Answer,
  upstream: () => Upstream,
): string {
  try {
    if (extract) return extractedData(called, extract, answer);
    const dataText = jsonOf(answer, result);
    if (dataText === undefined) throw unusable(called, 'with something that is not JSON');
    return dataText;
  } catch (error) {
    // The third party has answered, and may have done what it was asked to.
    throw isGatewayError(error)
      ? changedError(error, { mayHaveHadEffect: true, upstream: upstream() })
      : error;
  }
}

function extractedData(called: Called, extract: Extractor | Extractors, answer: Answer): string {
  const field = `operations.${called.operation}.extract`;
  if (isExtractor(extract)) {
    const value = extractOne(extract, answer, { field });
    if (value === undefined && !extract.optional) throw unusable(called, `without ${field}`);
    return JSON.stringify(value ?? null);
  }
  const { values, absent } = extractAll(extract, answer, { field });
  if (absent.length > 0) throw unusable(called, `without ${absent.join(', ')} (${field})`);
  return JSON.stringify(values);
}

/** `{{before.x}}`. @throws GatewayError `PLATFORM_API_ERROR` naming what is not there. */
export function extractBefore(
  { service, operation }: Called,
  { extract }: StepBefore,
  at: number,
  answer: Answer,
): Record<string, unknown> {
  const field = `operations.${operation}.before.${at}.extract`;
  const { values, absent } = extractAll(extract, answer, { field });
  if (absent.length === 0) return values;
  const named = absent.map((name) => `{{before.${name}}}`).join(', ');
  throw new GatewayError(
    'PLATFORM_API_ERROR',
    `${service} answered the request before ${operation} without ${named} (${field}; it answered ${answer.status}).`,
  );
}

const unusable = ({ service, operation }: Called, how: string) =>
  new GatewayError('PLATFORM_API_ERROR', `${service} answered ${operation} ${how}.`);

/** `undefined`: the answer should be JSON (by its type, or for the pointer) and cannot be parsed. */
function jsonOf(answer: Answer, pointer: string): string | undefined {
  if (answer.body.length === 0) return 'null';
  const text = answer.text();
  if (answer.json() !== undefined) return textAt(text, pointer, { isJson: true }) ?? 'null';
  const saysJson = /[/+]json\s*(;|$)/i.test(answer.headers['content-type'] ?? '');
  return saysJson || pointer !== '' ? undefined : JSON.stringify(text);
}
