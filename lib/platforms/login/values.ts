/** What a login stores with the session beside cookies. */
import { extractAll } from '../../definition/extractor/extract.ts';
import type { Extractors } from '../../definition/extractor/schema.ts';
import { renderText } from '../../definition/template/render.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { plainValue } from '../../text/json/plain.ts';
import { cookiesFor } from '../cookies/collect.ts';
import type { Attempt } from './attempt.ts';
import { describeValues } from './describe-values.ts';
import type { SessionValues } from './login.ts';
import type { Visit } from './browser.ts';

/** Shorter values are no secrets. */
const SHORTEST_SECRET = 8;
/** What may be stored with a session, characters of JSON. */
export const MAX_VALUES = 100_000;

/**
 * Takes values out of answers, of each the first that has it, and adds them to the session's.
 * @throws GatewayError `CONFIGURATION_ERROR` naming what no answer has.
 */
export async function learnValues(
  attempt: Attempt,
  extractors: Extractors,
  visits: readonly Visit[],
  { field, saw }: { field: string; saw: Record<string, unknown> },
): Promise<void> {
  const { definition, jar, scope, redactor } = attempt;
  const found: SessionValues = {};
  for (const { answer, url } of visits) {
    const cookies = await cookiesFor(jar, url);
    const missing = Object.fromEntries(
      Object.entries(extractors).filter(([name]) => (found[name] ?? undefined) === undefined),
    );
    Object.assign(found, extractAll(missing, answer, { field, cookies: () => cookies }).values);
  }
  const values = Object.fromEntries(
    Object.entries(found)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, plainValue(value)]),
  );
  scope.session = { ...scope.session, ...values };
  redactor.learn(Object.values(values).filter(isLongText));
  if (Object.keys(extractors).length > 0) saw['extracted'] = describeValues(values);
  if (JSON.stringify(scope.session).length > MAX_VALUES) {
    throw new GatewayError('RESPONSE_TOO_LARGE', `${field} takes more than ${MAX_VALUES} characters.`);
  }
  const absent = Object.keys(extractors).filter((name) => !extractors[name]!.optional && !(name in values));
  if (absent.length === 0) return;
  saw['notFound'] = absent;
  const named = absent.map((name) => `{{session.${name}}}`).join(', ');
  throw new GatewayError('CONFIGURATION_ERROR', `${definition.code} answered without ${named} (${field}).`, {
    fields: absent.map((name) => ({ field: `session.${name}`, message: 'is not in the answer' })),
  });
}

const isLongText = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= SHORTEST_SECRET;

/**
 * When what the login gave ends. `undefined`: the definition does not say, the answer had no such value, or 0 or less,
 * which some APIs send for what does not end.
 * @throws GatewayError `CONFIGURATION_ERROR` for what is no number of seconds.
 */
export function lifeSeconds({ login, scope, definition }: Attempt): number | undefined {
  const { expiresInSeconds } = login;
  if (expiresInSeconds === undefined || typeof expiresInSeconds === 'number') return expiresInSeconds;
  const text = renderText(expiresInSeconds, scope, 'none').trim();
  if (text === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds > 0 ? seconds : undefined;
  throw new GatewayError(
    'CONFIGURATION_ERROR',
    `auth.login.expiresInSeconds of ${definition.code} is no number of seconds in what the login answered.`,
  );
}
