import { subjectOf } from '../../definition/account.ts';
import { LRUCache } from 'lru-cache';
import type { RefusalCounter } from '../../access/credentials/refusals.ts';
import type { Generation } from '../../platforms/session/generation.ts';
import { keysUnder } from '../../platforms/session/keys.ts';
import type { SessionKeys } from '../../platforms/session/keys.ts';
import type { AcquiredToken, LiveToken } from './tokens.ts';
import { timesOf } from './token-document.ts';
import type { TokenDocument } from './token-document.ts';

/** A token as this process holds it; times in milliseconds since the epoch. */
export interface CurrentToken extends LiveToken {
  document: TokenDocument;
  renewAt: number;
  expiresAt: number;
  /** Redis did not take it: to be stored before its refresh token is used, by the owner of the lock it came under. */
  unsavedBy?: string | undefined;
}

/** What this process knows of one service's token. */
export interface TokenSlot {
  keys: SessionKeys;
  current: CurrentToken | undefined;
  /** The one attempt that runs in this process; other callers join it. */
  pending: Promise<AcquiredToken | undefined> | undefined;
  highestLogin: number;
  /** The last one that the API refused. */
  rejectedLogin: number;
  /** While the current token still serves: when to look after the next one again. */
  lookAgainAt: number;
  /** When the credentials were read again last, because they are paused. */
  credentialsReadAt: number;
  /** Without Redis: when this process may ask for a token again, and how often it has in a row. */
  withoutRedis: { notBefore: number; attempts: number };
}

/** Whose token it is. */
interface TokenOwner {
  definition: { code: string };
  account?: string | undefined;
}

export function createTokenMemory(refusals: Pick<RefusalCounter, 'tokenKey'>) {
  const slots = new LRUCache<string, TokenSlot>({ max: 1_000 });

  function at({ definition, account }: TokenOwner): TokenSlot {
    const subject = subjectOf(definition.code, account);
    let slot = slots.get(subject);
    if (!slot) {
      slot = {
        keys: { ...keysUnder(`gatehouse:tokens:${subject}:`), lockout: refusals.tokenKey(subject) },
        current: undefined,
        pending: undefined,
        highestLogin: 0,
        rejectedLogin: 0,
        lookAgainAt: 0,
        credentialsReadAt: 0,
        withoutRedis: { notBefore: 0, attempts: 0 },
      };
      slots.set(subject, slot);
    }
    return slot;
  }

  function keep(
    slot: TokenSlot,
    document: TokenDocument,
    { login }: Pick<Generation, 'login'>,
    secrets: readonly string[],
  ): CurrentToken {
    const accessToken = document.access_token;
    const current: CurrentToken = { accessToken, login, secrets, document, ...timesOf(document) };
    slot.current = current;
    slot.highestLogin = Math.max(slot.highestLogin, login);
    slot.withoutRedis = { notBefore: 0, attempts: 0 };
    return current;
  }

  function reject(slot: TokenSlot, login: number): void {
    slot.rejectedLogin = Math.max(slot.rejectedLogin, login);
    slot.highestLogin = Math.max(slot.highestLogin, login);
    if (slot.current && slot.current.login <= login) slot.current = undefined;
  }

  return { at, keep, reject };
}

export type TokenMemory = ReturnType<typeof createTokenMemory>;
