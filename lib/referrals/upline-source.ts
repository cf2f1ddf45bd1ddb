import type { Deadline } from '../runtime/clock.ts';
import type { UserId } from '../text/user-id.ts';

/** Who asks, and by when an answer must have left us: handed on to the source. */
export interface RequestContext {
  requestId: string;
  caller: string;
  deadline: Deadline;
}

export interface UserInfo {
  uid: UserId;
  nickname?: string;
  /** The partner is down and this is an older answer. */
  stale: boolean;
}

export interface UserTeam {
  /** At most three, nearest first, valid by `superiorsOf`. */
  superiors: UserId[];
  nicknames: ReadonlyMap<UserId, string>;
}

export interface LevelCount {
  /** `undefined`: the answer holds no count. */
  count: number | undefined;
  /** The partner is down and this is an older answer. */
  stale: boolean;
}

/**
 * What a partner answers about the users of one service. Each partner brings its own. Everything rejects with a
 * `GatewayError`: what the call failed with, or `PLATFORM_API_ERROR` for an answer that cannot be read.
 */
export interface UplineSource {
  /** The user that a ukey belongs to. */
  userInfo(userKey: string, context: RequestContext): Promise<UserInfo>;
  /**
   * The superiors of a user. `undefined`: the partner is down and only an older answer is at hand, which says
   * nothing about now. `uncached`: a cached answer, although still fresh, does not do either.
   */
  userTeam(
    uid: UserId,
    context: RequestContext,
    options?: { uncached?: boolean },
  ): Promise<UserTeam | undefined>;
  /** How many users the partner counts below one: direct (1) or three generations (3). */
  levelCount(uid: UserId, level: 1 | 3, context: RequestContext): Promise<LevelCount>;
}
