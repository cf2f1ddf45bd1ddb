import { subjectOf } from '../../definition/account.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { credentialsPaused } from '../../access/credentials/refusals.ts';
import { loginBackoff, loginInProgress, sharedFailure } from '../../platforms/session/failures.ts';
import { createLoginWait, waitFor } from '../../platforms/session/login-wait.ts';
import { MARGIN_MS } from '../../platforms/session/session-request.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { changedError, isGatewayError } from '../../runtime/errors.ts';
import type { GatewayError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { CredentialTemplates } from '../credential-templates.ts';
import type { OAuth2Service } from './definition.ts';
import type { createTokenFetch, TokenStore } from './fetch-token.ts';
import type { CurrentToken, TokenMemory, TokenSlot } from './process-memory.ts';
import { timesOf } from './token-document.ts';
import type { TokenDocument } from './token-document.ts';
import type { AcquiredToken } from './tokens.ts';

export interface TokenRequest {
  /** Only a later token will do. */
  newerThan: number;
  /** The API refused `newerThan`. */
  refused: boolean;
  /** What was refused: new tokens for it may be known to be in vain. */
  operation?: string;
  /** Serves on while the next one cannot be had, or is being fetched. */
  fallback?: CurrentToken | undefined;
  deadline: Deadline;
}

interface TokenFleetDeps {
  store: TokenStore;
  memory: TokenMemory;
  fetch: ReturnType<typeof createTokenFetch>;
  credentials: Pick<CredentialStore, 'forget'>;
  credentialsOf: (service: OAuth2Service) => Promise<CredentialTemplates>;
  /** Of this definition and these credentials; of those that are newer than what this process has read, too. */
  isWanted: (service: OAuth2Service, document: TokenDocument) => Promise<boolean>;
  clock: Clock;
  random: Random;
}

/** No request for a token may hold the lock for longer: the holder may have crashed. */
const LONGEST_MS = 30_000;
const LEASE_SLACK_MS = 2_000;
/** A refresh token is used up by the request whose answer brings the next one: it must not be cut off. */
const LEAST_FOR_REFRESH_MS = 5_000;
/** While they are paused, how often credentials are read again: somebody may have replaced them. */
const READ_AGAIN_MS = 5_000;
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;

/**
 * One token for the fleet: in a process by a shared promise, across processes by the lock of sessions
 * (`platforms/session/scripts.ts`), whose states and keys are used as they are.
 */
export function createTokenFleet(deps: TokenFleetDeps) {
  const { store, memory, fetch, clock, random } = deps;

  /** `undefined`: new tokens have not helped this operation lately. */
  async function obtain(service: OAuth2Service, request: TokenRequest): Promise<AcquiredToken | undefined> {
    const slot = memory.at(service);
    const { fallback, deadline } = request;
    for (;;) {
      const running = slot.pending;
      if (!running) {
        const pending = acquireOrFetch(service, slot, request).finally(() => (slot.pending = undefined));
        slot.pending = pending;
        return pending;
      }
      if (fallback) return reused(fallback);
      try {
        const found = await waitFor(running, deadline, clock);
        if (found && found.token.login > request.newerThan) return reused(found.token);
      } catch (error) {
        const ranOutOfTime = isGatewayError(error, 'LOGIN_IN_PROGRESS', 'DEADLINE_EXCEEDED');
        if (!ranOutOfTime || remaining(deadline, clock) <= MARGIN_MS) throw error;
      }
    }
  }

  async function acquireOrFetch(
    service: OAuth2Service,
    slot: TokenSlot,
    request: TokenRequest,
  ): Promise<AcquiredToken | undefined> {
    const { fallback } = request;
    try {
      await store.open();
      const saved = await fetch.save(slot);
      return await (saved ? share(service, slot, request) : alone(service, slot, request));
    } catch (error) {
      if (!fallback || fallback.expiresAt <= clock.now()) throw error;
      slot.lookAgainAt = clock.now() + FIRST_PAUSE_MS;
      return reused(fallback);
    }
  }

  /** Takes the fleet's token, waits for it, or fetches it. */
  async function share(
    service: OAuth2Service,
    slot: TokenSlot,
    request: TokenRequest,
  ): Promise<AcquiredToken | undefined> {
    const { definition, revision } = service;
    const owner = random.uuid();
    const wait = createLoginWait();
    let credentials = await deps.credentialsOf(service);
    let { newerThan } = request;
    let seenFailure: number | undefined;
    let storeFailures = 0;

    for (;;) {
      const tag = `${revision}:${credentials.mark}`;
      const left = remaining(request.deadline, clock) - MARGIN_MS;
      const budgetMs = Math.min(left, LONGEST_MS);
      const mayFetch = definition.auth.grant === 'client_credentials' || left >= LEAST_FOR_REFRESH_MS;
      const answer = await store
        .begin(slot.keys, {
          owner,
          leaseMs: Math.max(budgetMs, 0) + LEASE_SLACK_MS,
          newerThan,
          refused: request.refused && newerThan === request.newerThan && newerThan > 0,
          highestLogin: slot.highestLogin,
          seenFailure,
          credentialVersion: credentials.mark,
          tag,
          now: clock.now(),
          budgetMs: mayFetch ? budgetMs : -1,
          neededMs: 0,
          force: false,
          operation: request.operation,
          paysCaptcha: false,
        })
        .catch((error: unknown) => {
          if (isGatewayError(error, 'STORE_UNAVAILABLE')) return { kind: 'unavailable' as const, error };
          throw error;
        });

      if (request.refused && answer.kind !== 'in-vain') memory.reject(slot, request.newerThan);

      switch (answer.kind) {
        case 'in-vain':
          return undefined;
        case 'newer': {
          const { document, generation } = answer.session;
          if (timesOf(document).expiresAt > clock.now() && (await deps.isWanted(service, document))) {
            return reused(memory.keep(slot, document, generation, credentials.secrets));
          }
          newerThan = generation.login;
          credentials = await deps.credentialsOf(service);
          break;
        }
        case 'unreadable':
          newerThan = answer.login;
          break;
        case 'locked': {
          const before = credentials.mark;
          if (clock.now() - slot.credentialsReadAt >= READ_AGAIN_MS) {
            slot.credentialsReadAt = clock.now();
            deps.credentials.forget(definition.code);
            credentials = await deps.credentialsOf(service);
          }
          if (credentials.mark !== before) break;
          throw credentialsPaused(
            subjectOf(definition.code, service.account),
            clock.now() + answer.forMs,
            clock.now(),
          );
        }
        case 'failed':
          throw sharedFailure(answer.code, answer.message);
        case 'backoff':
          throw loginBackoff(answer.code, answer.message, answer.forMs);
        case 'no-time':
          throw loginInProgress(1);
        case 'running':
          if (request.fallback) {
            slot.lookAgainAt = clock.now() + 1_000;
            return reused(request.fallback);
          }
          seenFailure ??= answer.failure;
          if (left <= 0) throw loginInProgress((answer.usualMs - answer.elapsedMs) / 1_000);
          await clock.sleep(Math.min(left, wait.next(answer.elapsedMs, answer.usualMs)));
          break;
        case 'acquired': {
          const { login } = answer;
          const deadline = { at: clock.now() + budgetMs };
          const token = await fetch.fetchToken(service, slot, credentials, { owner, login, tag, deadline });
          if (token) return { token, origin: request.newerThan > 0 ? 'renewed' : 'login' };
          break; // another process has stored a newer one meanwhile
        }
        case 'unavailable': {
          // Whoever has seen somebody fetch keeps waiting for it; any other tries Redis once more.
          if (seenFailure !== undefined && left <= 0) throw loginInProgress(1);
          storeFailures += 1;
          if (seenFailure === undefined && storeFailures > 1)
            return alone(service, slot, request, answer.error);
          await clock.sleep(100 + 200 * random.fraction());
        }
      }
    }
  }

  /**
   * Without Redis a process keeps its own token, and may get itself one at most once per pause. It uses no refresh
   * token: two processes with the same one look like a thief.
   */
  async function alone(
    service: OAuth2Service,
    slot: TokenSlot,
    request: TokenRequest,
    unavailable?: GatewayError,
  ): Promise<AcquiredToken> {
    const { current, withoutRedis } = slot;
    const now = clock.now();
    if (current && current.login > request.newerThan && current.expiresAt > now) return reused(current);
    const away = unavailable ?? loginInProgress(1);
    if (service.definition.auth.grant === 'refresh_token') throw away;
    if (now < withoutRedis.notBefore) {
      throw changedError(away, { retryAfterSeconds: Math.ceil((withoutRedis.notBefore - now) / 1_000) });
    }
    const attempts = withoutRedis.attempts + 1;
    const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** withoutRedis.attempts);
    slot.withoutRedis = { notBefore: now + pause, attempts };
    const credentials = await deps.credentialsOf(service);
    const login = Math.max(slot.highestLogin, request.newerThan) + 1;
    const token = await fetch.fetchAlone(service, slot, credentials, {
      login,
      deadline: { at: request.deadline.at - MARGIN_MS },
    });
    slot.withoutRedis = { notBefore: now + pause, attempts };
    return { token, origin: request.newerThan > 0 ? 'renewed' : 'login' };
  }

  return { obtain };
}

const reused = (token: AcquiredToken['token']): AcquiredToken => ({ token, origin: 'reused' });
