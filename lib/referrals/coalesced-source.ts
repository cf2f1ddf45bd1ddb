import type { LevelCount, UplineSource, UserInfo, UserTeam } from './upline-source.ts';

/** Equal requests made while one is pending share its answer: a crowd of them costs one call of the quota. */
export function coalesceRequests(
  sourceOf: (service: string) => UplineSource,
): (service: string) => UplineSource {
  const infos = coalesce<UserInfo>();
  const teams = coalesce<UserTeam | undefined>();
  const counts = coalesce<LevelCount>();
  return (service) => {
    const source = sourceOf(service);
    return {
      userInfo: (userKey, context) => infos([service, userKey], () => source.userInfo(userKey, context)),
      userTeam: (uid, context, options = {}) =>
        teams([service, uid, options.uncached ?? false], () => source.userTeam(uid, context, options)),
      levelCount: (uid, level, context) =>
        counts([service, uid, level], () => source.levelCount(uid, level, context)),
    };
  };
}

function coalesce<T>() {
  const pending = new Map<string, Promise<T>>();
  return (request: readonly unknown[], send: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify(request);
    const running = pending.get(key);
    if (running) return running;
    const answer = send().finally(() => pending.delete(key));
    pending.set(key, answer);
    return answer;
  };
}
