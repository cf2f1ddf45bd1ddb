import { holds } from '../../definition/predicate/predicate.ts';
import { cookiesFor } from '../cookies/collect.ts';
import type { LoginStepDefinition } from '../login-definition.ts';
import type { Attempt } from './attempt.ts';
import type { Visit } from './browser.ts';
import { keepReply } from './describe-response.ts';
import { unavailable } from './login-error.ts';
import { ACCEPT_PAGE, commonHeaders } from './recipe-request.ts';
import { sendRequest } from './send-request.ts';
import { learnValues } from './values.ts';
import type { Verdict } from './verdict.ts';

/** The requests made once inside. @returns what the first of them means that is no success; `SUCCESS`: all went well. */
export async function runAfter(attempt: Attempt): Promise<Verdict> {
  for (const [at, step] of attempt.login.after.entries()) {
    const verdict = await runStep(attempt, step, { name: 'after', field: `auth.login.after.${at}` });
    if (verdict !== 'SUCCESS') return verdict;
  }
  return 'SUCCESS';
}

/**
 * One request, judged as the form is: by its own answer, else by what its redirects lead to. Its values are kept. One that
 * has a code sent to a person is not sent twice.
 */
export async function runStep(
  attempt: Attempt,
  step: LoginStepDefinition,
  { name, field }: { name: 'after' | 'refresh' | 'ask'; field: string },
): Promise<Verdict> {
  const { browser, trace, definition } = attempt;
  return trace.step(name, async (saw) => {
    const first = await sendRequest(attempt, step, { field, repeat: name !== 'ask', saw });
    const atOnce = await judgeStep(attempt, step, first);
    const headers = commonHeaders(attempt, ACCEPT_PAGE);
    const last = await browser.follow(first, { method: step.method, headers });
    const verdict = atOnce ?? (await judgeStep(attempt, step, last)) ?? unsaid(step, last);
    if (verdict !== 'SUCCESS') {
      saw['verdict'] = verdict ?? 'none';
      await keepReply(attempt, last);
    }
    if (verdict === undefined) {
      throw unavailable(definition, name, `${field} was answered ${last.answer.status}`);
    }
    if (verdict === 'SUCCESS') {
      await learnValues(attempt, step.extract, last === first ? [first] : [last, first], {
        field: `${field}.extract`,
        saw,
      });
    }
    return verdict;
  });
}

async function judgeStep(
  { jar }: Attempt,
  { success, failures }: LoginStepDefinition,
  { answer, url }: Visit,
): Promise<Verdict | undefined> {
  const cookies = await cookiesFor(jar, url);
  const hasCookie = (cookie: string) => Object.hasOwn(cookies, cookie);
  const failure = failures.find(({ when }) => holds(when, answer, hasCookie));
  if (failure) return failure.error;
  return success && holds(success, answer, hasCookie) ? 'SUCCESS' : undefined;
}

/** What a step without `success` comes to, at the end of its redirects. */
const unsaid = ({ success }: LoginStepDefinition, { answer }: Visit): Verdict | undefined =>
  success === undefined && answer.status < 400 ? 'SUCCESS' : undefined;
