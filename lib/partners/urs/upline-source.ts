import type { RequestContext, UplineSource } from '../../referrals/upline-source.ts';
import { readLevelCount, readUserInfo, readUserTeam } from './user-answers.ts';

/** Calls an operation of a service. Rejects with the `GatewayError` itself. `stale`: an older answer, as the service is down. */
export type CallOperation = (
  call: { service: string; operation: string; params: Record<string, unknown>; uncached?: boolean },
  context: RequestContext,
) => Promise<{ dataText: string; stale: boolean }>;

/**
 * What URS knows of its users, read through the operations `userInfo`, `userTeam` and `userLevelCount` of
 * its service.
 */
export function ursUplineSource(service: string, callOperation: CallOperation): UplineSource {
  return {
    async userInfo(userKey, context) {
      const call = { service, operation: 'userInfo', params: { userKey } };
      const { dataText, stale } = await callOperation(call, context);
      return { ...readUserInfo(dataText), stale };
    },

    async userTeam(uid, context, { uncached = false } = {}) {
      const call = { service, operation: 'userTeam', params: { userId: uid }, uncached };
      const { dataText, stale } = await callOperation(call, context);
      return stale ? undefined : readUserTeam(dataText, uid);
    },

    async levelCount(uid, level, context) {
      const call = { service, operation: 'userLevelCount', params: { userId: uid, level } };
      const { dataText, stale } = await callOperation(call, context);
      return { count: readLevelCount(dataText), stale };
    },
  };
}
