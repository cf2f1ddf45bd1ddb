import { isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { UserId } from '../text/user-id.ts';
import type { Claims, NewClaim } from './claims.ts';
import type { Entered, ServiceReferrals } from './referrals.ts';
import type { Applied } from './relations.ts';
import type { RequestContext, UplineSource, UserInfo, UserTeam } from './upline-source.ts';

export interface EnterOptions {
  claims: Pick<Claims, 'apply'>;
  source: Pick<UplineSource, 'userInfo' | 'userTeam'>;
  report: (message: string, error: unknown) => void;
}

/** A user arrives with a ukey: who that is must be known; who the superiors are may stay unknown for now. */
export function createEnter({ claims, source, report }: EnterOptions): ServiceReferrals['enter'] {
  /** `undefined`: the partner cannot tell; the user enters all the same. */
  async function teamOf(uid: UserId, context: RequestContext): Promise<UserTeam | undefined> {
    try {
      // A cached answer may be older than what was received since.
      return await source.userTeam(uid, context, { uncached: true });
    } catch (error) {
      if (!isGatewayError(error) || isGatewayError(error, 'INTERNAL')) throw error;
      report(`The superiors of user ${uid} are not known; the user enters without them.`, error);
      return undefined;
    }
  }

  /** `withSuperiors: false`: the partner did not answer with superiors, or they would close a cycle. */
  async function apply(
    claim: NewClaim,
    superiors: UserId[] | undefined,
  ): Promise<{ applied: Applied; withSuperiors: boolean }> {
    if (superiors) {
      try {
        const applied = await claims.apply({ ...claim, superiors, delivery: 'fetched' });
        return { applied, withSuperiors: true };
      } catch (error) {
        if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
        report(`The superiors that the partner names for user ${claim.uid} are refused.`, error);
      }
    }
    return { applied: await claims.apply(claim), withSuperiors: false };
  }

  return async ({ userKey, localUserId }, context): Promise<Entered> => {
    const user = await source.userInfo(userKey, context);
    const team = await teamOf(user.uid, context);
    const claim: NewClaim = {
      uid: user.uid,
      enters: true,
      source: 'enter',
      nicknames: nicknamesOf(user, team),
      ...omitUndefined({ localUserId }),
    };
    const { applied, withSuperiors } = await apply(claim, team?.superiors);
    return {
      uid: user.uid,
      localUserId: applied.localUserId ?? null,
      nickname: applied.nickname ?? null,
      superiors: applied.superiors,
      created: applied.created,
      stale: user.stale || !withSuperiors,
    };
  };
}

function nicknamesOf({ uid, nickname }: UserInfo, team: UserTeam | undefined): Map<UserId, string> {
  const nicknames = new Map(team?.nicknames);
  if (nickname !== undefined) nicknames.set(uid, nickname);
  return nicknames;
}
