/** What answers to logins mean: success, failures, the end of a session. */
import type { Predicate } from '../../definition/predicate/schema.ts';
import type { Login } from '../../platforms/login-definition.ts';
import { holds } from '../../definition/predicate/predicate.ts';
import { matchesPattern } from '../../text/pattern.ts';
import type { Entry } from './har-entries.ts';
import { isData } from './names.ts';

type Failure = Login['failures'][number];
export interface JsonVerdict {
  pointer: string;
  equals: boolean | number | string;
}

export function draftSuccess(submit: Entry, before: readonly Entry[], notes: string[]): Predicate {
  const { status } = submit;
  const segment = redirectOf(submit);
  if (segment !== undefined) return { status, location: { includes: segment } };
  const verdict = verdictIn(submit);
  if (verdict) return { status, json: verdict };
  const known = new Set(before.flatMap((entry) => Object.keys(entry.cookies)));
  const cookie = submit.setCookies
    .map((line) => line.slice(0, line.indexOf('=')).trim())
    .find((name) => name !== '' && !known.has(name) && !isData(name));
  if (cookie !== undefined) return { status, cookie };
  if (submit.answer.json() === undefined) {
    notes.push(
      'success: only the status is known; add what distinguishes success from an error page with the same status.',
    );
  }
  return { status };
}

/** The last part of where an answer redirects to, which is no value of this visit. */
function redirectOf({ status, location, url }: Entry): string | undefined {
  if (location === undefined || status < 300 || status >= 400) return undefined;
  const target = URL.parse(location, url)?.pathname ?? '/';
  return target.split('/').findLast((part) => part !== '' && !isData(part)) ?? '/';
}

const SAYS_SO = /^(?:ok|success|succeeded|true|y|yes|0+|1|200|fail|failed|failure|error|false)$/i;

/** `{"code": 0}`, `{"success": true}` and their like. */
export function verdictIn({ answer }: Entry): JsonVerdict | undefined {
  const body = answer.json();
  if (typeof body !== 'object' || body === null) return undefined;
  for (const name of ['success', 'ok', 'code', 'errcode', 'errno', 'ret', 'result', 'status']) {
    const value = (body as Record<string, unknown>)[name];
    const speaks =
      typeof value === 'boolean' ||
      (typeof value === 'number' && Math.abs(value) < 100_000) ||
      (typeof value === 'string' && SAYS_SO.test(value));
    if (speaks) return { pointer: `/${name}`, equals: value };
  }
  return undefined;
}

const KINDS = [
  {
    error: 'CAPTCHA_FAILED',
    words: /验证码|校验码|captcha|verification code|security code/i,
    han: '验证码',
    english: '(?i)captcha|verification code|security code',
  },
  {
    error: 'AUTHENTICATION_FAILED',
    words: /密码|账号|帐号|用户|口令|password|credential|username|account|unauthori[sz]ed/i,
    han: '密码',
    english: '(?i)password|credentials',
  },
] as const;

/**
 * Failures of logins: first what was recorded, then what the platform's pages probably say, in their language.
 * @param failed attempts that did not get in. @param secrets what people typed: no predicate repeats it.
 */
export function draftFailures(
  { submit, failed, page }: { submit: Entry; failed: readonly Entry[]; page: Entry | undefined },
  hasCaptcha: boolean,
  isSecret: (text: string) => boolean,
): Failure[] {
  const seen: Failure[] = [];
  for (const attempt of failed) {
    const failure = recordedFailure(attempt, { submit, page }, hasCaptcha, isSecret);
    const isKnown = seen.some(({ when }) => JSON.stringify(when) === JSON.stringify(failure?.when));
    if (failure && !isKnown) seen.push(failure);
  }
  const chinese = [page, submit, ...failed].some((entry) => /\p{Script=Han}/u.test(entry?.text ?? ''));
  const guesses = KINDS.filter(
    ({ error }) =>
      (hasCaptcha || error !== 'CAPTCHA_FAILED') && !seen.some((failure) => failure.error === error),
  ).map(({ error, han, english }): Failure => ({
    when: { text: chinese ? { includes: han } : { matches: english } },
    error,
  }));
  // What names its words goes before what only knows a status or a code; a captcha's before a password's.
  const rank = ({ when, error }: Failure) => (error === 'CAPTCHA_FAILED' ? 0 : when.text ? 1 : 2);
  return [...seen, ...guesses].sort((a, b) => rank(a) - rank(b));
}

function recordedFailure(
  attempt: Entry,
  { submit, page }: { submit: Entry; page: Entry | undefined },
  hasCaptcha: boolean,
  isSecret: (text: string) => boolean,
): Failure | undefined {
  const refused = attempt.status >= 400 && attempt.status !== submit.status;
  const said = refused && !hasCaptcha ? undefined : phraseIn(attempt, page, isSecret);
  if (said) return { when: { text: said.match }, error: said.error };
  const when = differenceOf(attempt, submit);
  if (!when || holds(when, submit.answer)) return undefined;
  return { when, error: 'AUTHENTICATION_FAILED' };
}

function differenceOf(attempt: Entry, submit: Entry): Predicate | undefined {
  const verdict = verdictIn(attempt);
  const good = verdictIn(submit);
  if (verdict && !(good?.pointer === verdict.pointer && good.equals === verdict.equals)) {
    return { json: verdict };
  }
  if (attempt.status !== submit.status && attempt.status >= 400) return { status: attempt.status };
  const segment = redirectOf(attempt);
  if (segment !== undefined && segment !== '/' && segment !== redirectOf(submit)) {
    return { status: attempt.status, location: { includes: segment } };
  }
  return undefined;
}

/** Words of the answer about captcha or password that the login page itself has not. */
function phraseIn(
  attempt: Entry,
  page: Entry | undefined,
  isSecret: (text: string) => boolean,
): { match: { includes: string } | { matches: string }; error: Failure['error'] } | undefined {
  const words = wordsOf(attempt);
  const shown = page?.text ?? '';
  for (const { error, han, english } of KINDS) {
    if (words.includes(han) && !shown.includes(han)) return { match: { includes: han }, error };
    if (matchesPattern(english, words) && !matchesPattern(english, shown)) {
      return { match: { matches: english }, error };
    }
  }
  for (const [sentence] of words.matchAll(/[\p{L} ’'-]{3,120}/gu)) {
    const phrase = sentence.trim().slice(0, 60).trim();
    const kind = KINDS.find(({ words: about }) => about.test(phrase));
    const bare = phrase.replace(kind?.words ?? '', '').trim();
    if (kind && bare.length > 1 && !shown.includes(phrase) && !isSecret(phrase)) {
      return { match: { includes: phrase }, error: kind.error };
    }
  }
  return undefined;
}

/** What an answer says to people: without markup and scripts; of JSON, its messages. */
function wordsOf({ answer, text }: Entry): string {
  const json = answer.json();
  if (json === undefined) {
    return text.replace(/<script[^]*?<\/script>|<[^>]{0,2000}>/gi, '\n').slice(0, 200_000);
  }
  return messagesIn(json).join('\n');
}

function messagesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'string'
      ? /msg|message|error|detail|reason|desc|info|text/i.test(key)
        ? [member]
        : []
      : messagesIn(member),
  );
}

/**
 * A redirect to the login page, as long as no redirect of a session that lives leads to an address like it; statuses
 * and codes that were seen.
 */
export function draftExpired(
  { submit, page, after }: { submit: Entry; page: Entry | undefined; after: readonly Entry[] },
  notes: string[],
): Predicate {
  const form = page && /html/.test(page.type) ? page : undefined;
  const path = form?.url.pathname ?? '/';
  const landing =
    submit.location === undefined ? undefined : URL.parse(submit.location, submit.url)?.pathname;
  const isEnd = (entry: Entry) =>
    path.length > 2 && path !== landing && entry.location !== undefined
      ? URL.parse(entry.location, entry.url)?.pathname === path
      : false;
  const ends = after.filter(isEnd);
  const elsewhere = [submit, ...after.filter((entry) => !ends.includes(entry))].flatMap(
    ({ location }) => location ?? [],
  );
  const parts = [path.split('/').findLast((each) => each !== ''), path.replace(/\/$/, '')];
  const part = parts.find(
    (each) => each && each.length > 2 && !isData(each) && !elsewhere.some((to) => to.includes(each)),
  );
  const verdict = verdictIn(submit);
  const coded = verdict?.equals === 200 ? [{ json: { pointer: verdict.pointer, equals: 401 } }] : [];
  if (part === undefined && coded.length === 0)
    notes.push('expired: only 401 is known; add what the platform answers when a session has ended.');
  return {
    any: [{ status: 401 }, ...coded, ...(part === undefined ? [] : [{ location: { includes: part } }])],
  };
}
