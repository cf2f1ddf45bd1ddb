import { subjectOf } from '../../definition/account.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { RefusalCounter } from '../../access/credentials/refusals.ts';
import type { createStoreOf } from '../../platforms/session/store.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import type { CredentialTemplates } from '../credential-templates.ts';
import type { OAuth2Service } from './definition.ts';
import { grantsOf } from './grants.ts';
import type { Grant } from './grants.ts';
import type { CurrentToken, TokenMemory, TokenSlot } from './process-memory.ts';
import { tokenDocument } from './token-document.ts';
import type { GrantedToken, TokenDocument } from './token-document.ts';
import { requestToken } from './token-request.ts';

export type TokenStore = ReturnType<typeof createStoreOf<TokenDocument>>;

/** Held by the owner of the lock: one token, under a number that no other has. */
export interface TokenLease {
  owner: string;
  login: number;
  tag: string;
  /** Before the lock's lease ends. */
  deadline: Deadline;
}

interface FetchDeps {
  store: TokenStore;
  credentials: Pick<CredentialStore, 'forget'>;
  memory: TokenMemory;
  refusals: RefusalCounter;
  transport: Transport;
  clock: Clock;
}

/** How often the token that nobody else has is offered to Redis before the process keeps it for itself. */
const STORE_TRIES = 3;

/** The lock holder's part: ask for a token and store it, or record the failure. */
export function createTokenFetch(deps: FetchDeps) {
  const { store, memory, refusals, transport, clock, credentials: credentialStore } = deps;

  /** `undefined`: another process has stored a newer one meanwhile. Rejects as `requestToken` does. */
  async function fetchToken(
    service: OAuth2Service,
    slot: TokenSlot,
    credentials: CredentialTemplates,
    lease: TokenLease,
  ): Promise<CurrentToken | undefined> {
    slot.highestLogin = Math.max(slot.highestLogin, lease.login);
    const askedAt = clock.now();
    try {
      const document = await ask(service, credentials, await keptDocument(service, slot), lease);
      return await keepOnly(service, slot, document, credentials, lease, clock.now() - askedAt);
    } catch (error) {
      await failed(service, slot, credentials, lease, error, clock.now() - askedAt);
      throw error;
    }
  }

  /** The last one, whose refresh token may serve. One that Redis did not take is not lost with it. */
  async function keptDocument(
    { definition }: OAuth2Service,
    slot: TokenSlot,
  ): Promise<TokenDocument | undefined> {
    if (definition.auth.grant === 'client_credentials') return undefined;
    const stored = (await store.current(slot.keys))?.document;
    return stored ?? slot.current?.document;
  }

  /** One grant after the other, while they are refused. */
  async function ask(
    service: OAuth2Service,
    credentials: CredentialTemplates,
    kept: TokenDocument | undefined,
    { login, deadline }: Pick<TokenLease, 'login' | 'deadline'>,
  ): Promise<TokenDocument> {
    const { client, descent, tries } = grantsOf(service.definition.auth, credentials, kept);
    const { mark: version } = credentials;
    let refusal: unknown;
    for (const grant of tries) {
      const askedAt = clock.now();
      try {
        const granted = await requestToken(service, { client, fields: grant.fields }, deadline, transport);
        const about = { login, askedAt, revision: service.revision, version, descent };
        return tokenDocument(withRefreshToken(granted, grant), about);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  /** Stored before anybody uses it: what it holds may be the only refresh token that still counts. */
  async function keepOnly(
    { definition, account }: OAuth2Service,
    slot: TokenSlot,
    document: TokenDocument,
    { secrets }: CredentialTemplates,
    { owner, login }: TokenLease,
    tookMs: number,
  ): Promise<CurrentToken | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        const stored = { owner, login, document, tookMs, now: clock.now() };
        if (!(await store.store(slot.keys, stored))) return undefined;
        await refusals.resolve(subjectOf(definition.code, account));
        return memory.keep(slot, document, { login }, secrets);
      } catch (error) {
        if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
        if (tries < STORE_TRIES) {
          await clock.sleep(100 * tries);
          continue;
        }
        const current = memory.keep(slot, document, { login }, secrets);
        current.unsavedBy = owner;
        return current;
      }
    }
  }

  async function failed(
    service: OAuth2Service,
    slot: TokenSlot,
    credentials: CredentialTemplates,
    { owner, login, tag }: TokenLease,
    error: unknown,
    tookMs: number,
  ): Promise<void> {
    const { code, auth } = service.definition;
    const { lockout } = auth;
    const { mark: credentialVersion } = credentials;
    const about = { owner, refused: isRefusal(error), now: clock.now(), credentialVersion, lockout };
    if (isGatewayError(error, 'DEADLINE_EXCEEDED')) {
      await store.release(slot.keys, { ...about, tookMs }).catch(() => undefined);
      return;
    }
    if (about.refused) credentialStore.forget(code);
    const known = error instanceof GatewayError ? error : new GatewayError('INTERNAL', 'Unexpected.');
    const counted = await store
      .fail(slot.keys, { ...about, login, tag, code: known.code, message: known.message })
      .catch(() => undefined);
    if (!counted || counted.lockedUntil <= about.now) return;
    await refusals.raise(subjectOf(code, service.account), counted.refusals, lockout);
  }

  /** Without Redis, and so without a refresh token and for this process only. Rejects as `requestToken` does. */
  async function fetchAlone(
    service: OAuth2Service,
    slot: TokenSlot,
    credentials: CredentialTemplates,
    lease: Pick<TokenLease, 'login' | 'deadline'>,
  ): Promise<CurrentToken> {
    try {
      const document = await ask(service, credentials, undefined, lease);
      return memory.keep(slot, document, lease, credentials.secrets);
    } catch (error) {
      const { lockout } = service.definition.auth;
      if (isRefusal(error)) slot.withoutRedis.notBefore = clock.now() + lockout.seconds * 1_000;
      throw error;
    }
  }

  /** Offers Redis once more what it did not take. `false`: it is still away. */
  async function save(slot: TokenSlot): Promise<boolean> {
    const { current } = slot;
    if (current?.unsavedBy === undefined) return true;
    const { document, login, unsavedBy: owner } = current;
    try {
      const stored = { owner, login, document, tookMs: 0, now: clock.now() };
      const kept = await store.store(slot.keys, stored);
      current.unsavedBy = undefined;
      if (!kept && slot.current === current) slot.current = undefined;
      return true;
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      return false;
    }
  }

  return { fetchToken, fetchAlone, save };
}

/** A token endpoint that gives out no new refresh token means that the old one still counts (RFC 6749 6). */
function withRefreshToken(granted: GrantedToken, { fields, isRefresh }: Grant): GrantedToken {
  const own = isRefresh ? fields['refresh_token'] : undefined;
  // RFC 6749 4.4.3
  if (fields['grant_type'] === 'client_credentials') return { ...granted, refreshToken: undefined };
  return { ...granted, refreshToken: granted.refreshToken ?? own };
}

const isRefusal = (error: unknown): boolean => isGatewayError(error, 'AUTHENTICATION_FAILED');
