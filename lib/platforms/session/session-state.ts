import { parseGeneration } from './generation.ts';

/**
 * What one process knows of a session, and what that lets it do. The fleet's side of it (none, live,
 * rejected, logging in, backoff, locked out) is in `scripts.ts`.
 *
 * | state | meaning | what happens |
 * |---|---|---|
 * | `none` | nothing in memory | take the stored one, or log in |
 * | `live` | in memory; Redis named the same generation, or did within `TRUST_MS` | used as it is, no session read |
 * | `unconfirmed` | in memory, but not compared with Redis for longer than that (a frozen Lambda) | read the generation, then as the answer says |
 * | `superseded` | Redis names another generation, or none | take the stored one, or log in |
 * | `expired` | past its `expires_at` | take a newer one, or log in |
 *
 * ```
 * none ──take/log in──▶ live ──30 s unseen──▶ unconfirmed ──same──▶ live
 *                        │                        └──other──▶ superseded ──take/log in──▶ live
 *                        ├──other generation──▶ superseded
 *                        ├──expires_at──▶ expired ──take/log in──▶ live
 *                        └──the platform refused it──▶ none, its login recorded as rejected
 * ```
 */
import type { PlatformService } from '../definition.ts';

export type SessionState = 'none' | 'live' | 'unconfirmed' | 'superseded' | 'expired';

/** How long a process trusts its memory without reading Redis, milliseconds. */
export const TRUST_MS = 30_000;

/** How soon it asks again when Redis did not answer that question, milliseconds. */
export const ASK_AGAIN_MS = 5_000;

export interface Remembered {
  generation: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  confirmedAt: number;
}

/** @param stored what the guard read; `null`: no session, `undefined`: it did not read. */
export function assess(
  remembered: Remembered | undefined,
  stored: string | null | undefined,
  now: number,
): SessionState {
  if (!remembered) return 'none';
  if (now >= remembered.expiresAt) return 'expired';
  if (stored === undefined) return now - remembered.confirmedAt <= TRUST_MS ? 'live' : 'unconfirmed';
  return stored === remembered.generation && parseGeneration(stored) ? 'live' : 'superseded';
}

/** Longest time ahead of its end that a token is renewed, milliseconds. */
const AHEAD_MS = 30_000;

/**
 * Should it be renewed while it still serves? Only where the login says when it ends, or can be refreshed: a tenth of its
 * life before, 30 s at most (SPEC 5). The keepalive does that for the others.
 */
export function nearsEnd(
  { definition: { auth } }: PlatformService,
  { document: { created_at }, expiresAt }: { document: { created_at: string }; expiresAt: number },
  now: number,
): boolean {
  if (!auth.login?.refresh && auth.login?.expiresInSeconds === undefined) return false;
  const ahead = Math.min(AHEAD_MS, (expiresAt - Date.parse(created_at)) / 10);
  return now >= expiresAt - ahead;
}
