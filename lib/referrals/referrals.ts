import type { UserId } from '../text/user-id.ts';
import type { Generation } from './keys.ts';
import type { LocalUserId } from './person.ts';
import type { RequestContext } from './upline-source.ts';

export interface EnterInput {
  userKey: string;
  localUserId?: LocalUserId | undefined;
}

export interface Entered {
  uid: UserId;
  localUserId: LocalUserId | null;
  nickname: string | null;
  superiors: UserId[];
  created: boolean;
  /** The partner did not answer with the relations just now; they are the ones we knew. */
  stale: boolean;
}

export interface UserView {
  uid: UserId;
  state: 'placeholder' | 'user';
  localUserId: LocalUserId | null;
  nickname: string | null;
  superiors: UserId[];
  createdAt: string;
  updatedAt: string;
  /** When the partner last stated the superiors. */
  refreshedAt: string | null;
  /** Possibly out of date, because the partner could not be asked. */
  stale: boolean;
}

export interface TeamView {
  uid: UserId;
  superiors: UserId[];
  team: { level: number; uid: UserId; nickname: string | null }[];
  refreshedAt: string | null;
  stale: boolean;
}

export interface DownlineQuery {
  /** 1: direct downline; 3: the team of three generations. */
  level: 1 | 3;
  limit: number;
  cursor?: string | undefined;
}

export interface DownlineView {
  uid: UserId;
  level: 1 | 3;
  /** Of all, not of this page; later pages repeat what the first one counted. */
  count: number;
  /** What the partner itself counts; null when it cannot be asked. Above `count`: not all of them are known here. */
  partnerCount: number | null;
  items: { uid: UserId; generation: Generation; nickname: string | null }[];
  cursor?: string;
  stale: boolean;
}

export type SyncInput =
  { uids: readonly UserId[] } | { all: true; limit: number; cursor?: string | undefined };

export interface SyncResult {
  uid: UserId;
  success: boolean;
  superiors?: UserId[];
  error?: { code: string; message: string };
}

/** Users and relations, each service's apart from all others'. */
export interface Referrals {
  of(service: string): ServiceReferrals;
}

/**
 * The users of one service and their relations, refreshed from its partner. Everything rejects with
 * `STORE_UNAVAILABLE` when DynamoDB does not answer or others change the same persons all the time.
 */
export interface ServiceReferrals {
  /**
   * A user arrives with a ukey. Rejects with what `UplineSource.userInfo` rejects with, `BINDING_CONFLICT` when
   * either side is bound to another user.
   */
  enter(input: EnterInput, context: RequestContext): Promise<Entered>;
  /** These reject with `NOT_FOUND` for ids that were never named. */
  user(uid: UserId, context: RequestContext): Promise<UserView>;
  team(uid: UserId, context: RequestContext): Promise<TeamView>;
  downline(uid: UserId, query: DownlineQuery, context: RequestContext): Promise<DownlineView>;
  /** Refreshes many users from the partner. Never rejects for one of them. `cursor`: there are more to do. */
  syncUsers(input: SyncInput, context: RequestContext): Promise<{ items: SyncResult[]; cursor?: string }>;
}
