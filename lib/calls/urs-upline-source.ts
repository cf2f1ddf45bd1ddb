import { readLevelCount, readUserInfo, readUserTeam } from '../partners/urs/user-answers.ts';
import type { RequestContext, UplineSource } from '../referrals/upline-source.ts';
import { callOperation } from './operation/operation.ts';
import type { OperationDeps } from './operation/operation.ts';
import { CallFailed } from './pipeline.ts';

/**
 * What a URS answers about its users, asked through the operations `userInfo`, `userTeam` and `userLevelCount` of
 * its service: quota, breaker and cache of the pipeline hold. Failures are the `GatewayError` itself, not wrapped.
 */
export function ursUplineSource(service: string, deps: OperationDeps): UplineSource {
  async function ask(
    operation: string,
    params: Record<string, string | number>,
    context: RequestContext,
    uncached = false,
  ): Promise<{ dataText: string; stale: boolean }> {
    try {
      const { result, meta } = await callOperation({ service, operation, params, uncached }, context, deps);
      return { dataText: result.dataText, stale: meta.stale };
    } catch (error) {
      throw error instanceof CallFailed ? error.cause : error;
    }
  }

  return {
    async userInfo(userKey, context) {
      const { dataText, stale } = await ask('userInfo', { userKey }, context);
      return { ...readUserInfo(dataText), stale };
    },

    async userTeam(uid, context, { uncached } = {}) {
      const { dataText, stale } = await ask('userTeam', { userId: uid }, context, uncached);
      return stale ? undefined : readUserTeam(dataText, uid);
    },

    async levelCount(uid, level, context) {
      const { dataText, stale } = await ask('userLevelCount', { userId: uid, level }, context);
      return { count: readLevelCount(dataText), stale };
    },
  };
}
