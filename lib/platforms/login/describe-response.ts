/** What of an answer may be shown: names, statuses, redacted text. */
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Attempt } from './attempt.ts';
import type { Hop, Visit } from './browser.ts';
import { cookiesFor } from '../cookies/collect.ts';

const REPLY_CHARACTERS = 4_096;
/** Shorter cookie values are flags, not secrets: masking `1` everywhere would make the text unreadable. */
const SHORTEST_COOKIE_SECRET = 6;

/** The answer that the record of the attempt will show. */
export async function keepReply(attempt: Attempt, { answer }: Visit): Promise<void> {
  const { notes, redactor } = attempt;
  await learnCookies(attempt);
  const location = answer.headers['location'];
  notes.reply = {
    status: answer.status,
    ...(location === undefined ? {} : { location: redactor.redact(location, 500) }),
    text: redactor.redact(answer.text(), REPLY_CHARACTERS),
  };
}

/** What an answer looked like, without anything secret; teaches the redactor its cookies first. */
export async function describeResponse(
  attempt: Attempt,
  { answer, url }: Visit,
  saw: Record<string, unknown>,
): Promise<void> {
  const { redactor, jar } = attempt;
  await learnCookies(attempt);
  const location = answer.headers['location'];
  Object.assign(saw, {
    status: answer.status,
    path: redactor.redact(new URL(url).pathname, 300),
    ...(location === undefined ? {} : { location: redactor.redact(location, 300) }),
    cookies: Object.keys(await cookiesFor(jar, url)),
  });
}

/** One redirect, followed or not. */
export function describeHop(
  { redactor }: Attempt,
  { to, stopped }: Hop,
  visit: Visit | undefined,
): Record<string, unknown> {
  const destination = to === undefined ? undefined : new URL(to);
  return omitUndefined({
    to: destination && redactor.redact(destination.origin + destination.pathname, 300),
    notFollowed: stopped,
    status: visit?.answer.status,
  });
}

/** From now on no cookie's value is shown. */
async function learnCookies({ jar, redactor }: Attempt): Promise<void> {
  const values = (await jar.store.getAllCookies()).flatMap(({ value }) => [value, decoded(value)]);
  redactor.learnFromPage(values.filter((value) => value.length >= SHORTEST_COOKIE_SECRET));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
