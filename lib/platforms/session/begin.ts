/** The one round trip that looks for a live session and, failing that, takes the login's lock: scripts.ts, `BEGIN`. */
import { ERROR_CODES } from '../../runtime/errors.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import type { SessionDocument } from './document.ts';
import { parseGeneration } from './generation.ts';
import type { Generation } from './generation.ts';
import type { SessionKeys } from './keys.ts';

/** What any document has that is kept as a session is: when Redis may drop it, ISO, and its `"G.R"`. */
export interface StorableDocument {
  expires_at: string;
  generation: string;
}

export interface StoredSession<D extends StorableDocument = SessionDocument> {
  generation: Generation;
  document: D;
}

export interface BeginRequest {
  /** The lock's owner token: one per login attempt. */
  owner: string;
  leaseMs: number;
  /** Only a session of a later login will do. 0: any. */
  newerThan: number;
  /** The platform refused login `newerThan`: recorded for the whole fleet. */
  refused: boolean;
  /** Highest login counter this process has seen: counters that Redis has lost are not given out again. */
  highestLogin: number;
  /** The last failure known when waiting began; waiters are answered with a later one. */
  seenFailure: number | undefined;
  credentialVersion: string;
  /** Definition and credentials a failure belongs to: correcting either ends the pause. */
  tag: string;
  now: number;
  /** Milliseconds a login may take. Shorter than one usually takes: the lock is not taken. */
  budgetMs: number;
  /** Assumed duration of a login while none was measured, milliseconds. 0: try, however long one takes. */
  neededMs: number;
  /** Ignore the pause after failures (requested by an operator). */
  force: boolean;
  /** A login costs a captcha: the pause after failures grows longer. */
  paysCaptcha: boolean;
  /** No login is described: the lock is never taken. */
  withoutLogin?: boolean;
  /** What was refused: no login is made for it while the last ones for it were in vain. */
  operation?: string | undefined;
}

export type BeginAnswer<D extends StorableDocument = SessionDocument> =
  | { kind: 'newer'; session: StoredSession<D> }
  | { kind: 'unreadable'; login: number }
  | { kind: 'locked'; forMs: number }
  | { kind: 'failed'; code: ErrorCode; message: string }
  /** Another login holds the lock. */
  | { kind: 'running'; elapsedMs: number; usualMs: number; leastMs: number; failure: number }
  /** Logins pause after failures. */
  | { kind: 'backoff'; code: ErrorCode; forMs: number; message: string }
  /** A login takes longer than this caller has; `first` of them to start one in the background. */
  | { kind: 'no-time'; usualMs: number; leastMs: number; first: boolean; failure: number }
  /** Only a person can open a session; `first` to say so for a while. */
  | { kind: 'needs-person'; first: boolean }
  /** The last logins for this operation were in vain. */
  | { kind: 'in-vain'; forMs: number }
  | { kind: 'acquired'; login: number };

export function beginKeys(keys: SessionKeys, r: BeginRequest): string[] {
  return [
    keys.lock,
    keys.counter,
    keys.generation,
    keys.main,
    keys.failure,
    keys.lockout,
    keys.usual,
    keys.rejected,
    keys.background,
    keys.lastLogins,
    keys.vain(r.operation ?? ''),
    keys.needsPerson,
  ];
}

export function beginArguments(r: BeginRequest): (string | number)[] {
  return [
    r.owner,
    Math.ceil(r.leaseMs),
    r.newerThan,
    r.refused ? 1 : 0,
    r.highestLogin,
    r.seenFailure ?? '',
    r.credentialVersion,
    r.tag,
    Math.floor(r.now),
    Math.floor(r.budgetMs),
    r.neededMs,
    r.force ? 1 : 0,
    r.operation === undefined ? 0 : 1,
    r.paysCaptcha ? 1 : 0,
    r.withoutLogin ? 1 : 0,
  ];
}

/** @param read a stored session; `undefined`: it cannot be read. */
export async function beginAnswer<D extends StorableDocument>(
  answer: readonly string[],
  read: (sealed: string) => Promise<D | undefined>,
): Promise<BeginAnswer<D>> {
  // The script answers with all that its kind has.
  const [kind, a, b, c, d] = answer as [string, string, string, string, string];
  switch (kind) {
    case 'newer': {
      const generation = parseGeneration(b)!;
      const document = await read(a);
      const whole = parseGeneration(document?.generation)?.login === generation.login;
      return document && whole
        ? { kind, session: { generation, document } }
        : { kind: 'unreadable', login: generation.login };
    }
    case 'locked':
      return { kind, forMs: Number(a) };
    case 'failed':
      return { kind, code: errorCode(a), message: b };
    case 'backoff':
      return { kind, code: errorCode(a), forMs: Number(b), message: c };
    case 'running':
      return {
        kind,
        elapsedMs: Number(a),
        usualMs: Number(b),
        failure: Number(c),
        leastMs: Number(d),
      };
    case 'no-time':
      return { kind, usualMs: Number(a), first: b === '1', failure: Number(c), leastMs: Number(d) };
    case 'needs-person':
      return { kind, first: a === '1' };
    case 'in-vain':
      return { kind, forMs: Number(a) };
    default:
      return { kind: 'acquired', login: Number(a) };
  }
}

function errorCode(text: string): ErrorCode {
  return ERROR_CODES.find((code) => code === text) ?? 'PLATFORM_UNAVAILABLE';
}
