import { isGatewayError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import type { HopListener, Visit } from './browser.ts';
import { cookiesFor } from '../cookies/collect.ts';
import { unavailable } from './login-error.ts';
import { ACCEPT_PAGE, commonHeaders } from './recipe-request.ts';
import { describeHop, keepReply } from './describe-response.ts';
import { learnValues } from './values.ts';
import { judge } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/**
 * The submit's own answer decides; then, once its redirects are followed, the last one's. From them comes what is stored
 * with the session.
 */
export async function reachVerdict(attempt: Attempt, submitted: Visit): Promise<Verdict> {
  const { login, definition, browser, trace, jar } = attempt;
  const verdictOn = async (visit: Visit) => {
    await keepReply(attempt, visit);
    return judge(login, visit.answer, await cookiesFor(jar, visit.url));
  };
  const atOnce = await verdictOn(submitted);
  let last = submitted;
  if (atOnce === undefined || atOnce === 'SUCCESS') {
    const headers = commonHeaders(attempt, ACCEPT_PAGE);
    const reportHop: HopListener = (hop, visit, durationMs) =>
      trace.report('redirect', durationMs, describeHop(attempt, hop, visit));
    const method = login.submit.method;
    last = await browser.follow(submitted, { method, headers }, reportHop).catch((error: unknown) => {
      // The login has succeeded: a failing start page does not change that.
      if (atOnce === 'SUCCESS' && isGatewayError(error)) return submitted;
      throw error;
    });
  }
  const verdict = atOnce ?? (last === submitted ? undefined : await verdictOn(last));
  return trace.step('verdict', async (saw) => {
    Object.assign(saw, {
      verdict: verdict ?? 'none',
      judged: atOnce || last === submitted ? 'submit' : 'redirect',
    });
    if (verdict === 'SUCCESS') {
      attempt.notes.admitted = true;
      const visits = last === submitted ? [submitted] : [submitted, last];
      await learnValues(attempt, login.extract, visits, { field: 'auth.login.extract', saw });
    }
    if (verdict) return verdict;
    const { status } = last.answer;
    throw unavailable(definition, 'verdict', `its answer (${status}) is neither success nor a known failure`);
  });
}
