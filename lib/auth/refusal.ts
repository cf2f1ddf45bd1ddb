/** What every strategy without a login takes: how a third party refuses credentials, and when that is enough (SPEC 5). */
import type { Lockout as LockoutRule, RefusalCounter } from '../access/credentials/refusals.ts';
import { subjectOf } from '../definition/account.ts';
import { Lockout } from '../definition/fields.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import { holds } from '../definition/predicate/predicate.ts';
import { Predicate } from '../definition/predicate/schema.ts';
import { RefreshOn } from '../definition/refresh-on.ts';
import type { AccountService, BaseDefinition } from '../definition/service.ts';

export const REFUSAL_FIELDS = {
  refused: Predicate.prefault({ status: 401 }).describe(
    'An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again.',
  ),
  lockout: Lockout,
  sessionRefreshOn: RefreshOn,
};

/** The part of `auth` that `REFUSAL_FIELDS` describes. */
export interface RefusalRule {
  refused: Predicate;
  lockout: LockoutRule;
}

/** What judges the answers to credentials of this version. */
export function judgeOf(
  { definition: { auth, code }, account }: AccountService<BaseDefinition & { auth: RefusalRule }>,
  version: string,
  { refusals }: { refusals: Pick<RefusalCounter, 'refused' | 'accepted'> },
): (answer: Answer) => Promise<boolean> {
  const subject = subjectOf(code, account);
  return async (answer) => {
    const refused = holds(auth.refused, answer);
    if (refused) await refusals.refused(subject, version, auth.lockout);
    // A server that failed has not said what it thinks of them.
    else if (answer.status < 500) await refusals.accepted(subject);
    return refused;
  };
}
