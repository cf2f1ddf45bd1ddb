import type { CallContext } from './context.ts';
import type { Generation } from './keys.ts';
import type { Uid } from './uid.ts';

/** Who a URS user is with us: the caller's own id, kept and given back as it came. */
export type LocalUserId = string | number;

/** Who says so: kept with every change. */
export type Source = 'webhook' | 'enter' | 'refresh' | 'sync' | (string & {});

export interface RegisterInput {
  /** A JSON number or its digits; parsed here. */
  uid: unknown;
  /** Nearest first, at most three; 0, null or absent: nobody. */
  superiors: readonly unknown[];
  source: Source;
}

export interface Registered {
  uid: Uid;
  superiors: Uid[];
  /** This call made a user of him. */
  created: boolean;
}

export interface EnterInput {
  userKey: string;
  localUserId?: LocalUserId | undefined;
}

export interface Entered {
  ursUid: Uid;
  localUserId: LocalUserId | null;
  nickname: string | null;
  superiors: Uid[];
  created: boolean;
  /** URS did not tell the relations just now; they are the ones we knew. */
  stale: boolean;
}

export interface UserView {
  uid: Uid;
  state: 'placeholder' | 'user';
  localUserId: LocalUserId | null;
  nickname: string | null;
  superiors: Uid[];
  createdAt: string;
  updatedAt: string;
  /** When URS last told us about him. */
  refreshedAt: string | null;
  /** Older than it may be, because URS cannot be asked. */
  stale: boolean;
}

export interface TeamView {
  uid: Uid;
  superiors: Uid[];
  team: { level: number; uid: Uid; nickname: string | null }[];
  refreshedAt: string | null;
  stale: boolean;
}

export interface DownlineQuery {
  /** 1: those he brought himself; 3: the team of three generations. */
  level: 1 | 3;
  limit: number;
  cursor?: string | undefined;
}

export interface DownlineView {
  uid: Uid;
  level: 1 | 3;
  /** Of all, not of this page; later pages repeat what the first one counted. */
  count: number;
  /** What URS itself counts; null when it cannot be asked. More than `count`: not all have come by yet. */
  ursCount: number | null;
  items: { uid: Uid; generation: Generation; nickname: string | null }[];
  cursor?: string;
  stale: boolean;
}

export interface Change {
  uid: Uid;
  /** 1, 2, 3 ... without gaps. */
  number: number;
  before: Uid | null;
  after: Uid | null;
  at: string;
  source: Source;
  /** Whose statement said so: another uid where somebody below was told about. */
  toldBy: Uid;
}

export type SyncInput = { uids: readonly Uid[] } | { all: true; limit: number; cursor?: string | undefined };

export interface SyncResult {
  uid: Uid;
  success: boolean;
  superiors?: Uid[];
  error?: { code: string; message: string };
}

/**
 * Users of URS and who brought whom. Everything rejects with `STORE_UNAVAILABLE` when DynamoDB does not answer
 * or others change the same people all the time.
 */
export interface Referrals {
  /**
   * Takes what URS says about one user; the same again changes nothing. Rejects with `VALIDATION_FAILED` (ids,
   * house accounts, a cycle), and then nothing of it is taken.
   */
  register(input: RegisterInput): Promise<Registered>;
  /**
   * A user arrives with a ukey. Rejects with what the call of `userInfo` rejects with, `PLATFORM_API_ERROR` for an
   * answer without a user, `BINDING_CONFLICT` when either side is bound to somebody else.
   */
  enter(input: EnterInput, context: CallContext): Promise<Entered>;
  /** These reject with `NOT_FOUND` for ids nobody has spoken of. */
  user(uid: Uid, context: CallContext): Promise<UserView>;
  team(uid: Uid, context: CallContext): Promise<TeamView>;
  downline(uid: Uid, query: DownlineQuery, context: CallContext): Promise<DownlineView>;
  /** All changes of his superior, oldest first. */
  history(uid: Uid): Promise<Change[]>;
  /** Asks URS about many. Never rejects for one of them. `cursor`: there are more to do. */
  syncUsers(input: SyncInput, context: CallContext): Promise<{ items: SyncResult[]; cursor?: string }>;
  /** Goes on with repairs that somebody left behind; `true`: none is left. For `monitor`. */
  heal(): Promise<boolean>;
}
