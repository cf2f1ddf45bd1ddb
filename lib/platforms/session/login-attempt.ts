import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { LoginInput, LoginResult, LoginTrigger } from '../login/login.ts';
import { markOf } from '../../access/credentials/credentials.ts';
import { subjectOf } from '../../definition/account.ts';
import type { PlatformService } from '../definition.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { newDocument } from './document.ts';
import type { FleetDeps } from './session-request.ts';
import { formatGeneration } from './generation.ts';
import { countsAsRefusal, isWithoutVerdict } from '../login/login-error.ts';
import { alertLockout, alertUnclear, lockedOut, LOGIN_UNCLEAR, resolveLoginAlerts } from './lockout.ts';
import { alertNeedsPerson, requireLogin, resolveNeedsPerson } from './needs-person.ts';
import type { CurrentSession, Memory, ServiceSlot } from './process-memory.ts';
import type { Refusals } from '../../access/credentials/refusals.ts';

/** Held by the owner of the lock: one login, under a counter no other login has. */
export interface LoginLease {
  owner: string;
  login: number;
  version: string;
  tag: string;
  /** Before the lock's lease ends. */
  deadline: Deadline;
}

export type AttemptResult =
  | { kind: 'stored'; current: CurrentSession }
  /** A session at least as new was stored meanwhile, or an operator invalidated this one. */
  | { kind: 'superseded' }
  | { kind: 'failed'; error: GatewayError }
  /** The deadline passed first: says nothing about the platform. */
  | { kind: 'outOfTime' };

const NOT_COUNTED: Refusals = { refusals: 0, lockedUntil: 0 };

/** The lock holder's part: log in and store the session, or record the failure. */
export function createLoginAttempt(deps: FleetDeps) {
  const { store, memory, login: runner, credentials, alerts, clock } = deps;

  return async function attempt(
    service: PlatformService,
    slot: ServiceSlot,
    trigger: LoginTrigger,
    lease: LoginLease,
  ): Promise<AttemptResult> {
    const started = clock.now();
    slot.highestLogin = Math.max(slot.highestLogin, lease.login);
    let current: CurrentSession;
    let tried = lease;
    try {
      const input = { service, trigger, deadline: lease.deadline };
      const result =
        (await refreshed(slot, input, lease)) ??
        (await runner.run(input).catch(async (error: unknown) => {
          tried = await withReplaced(service, lease, error);
          return runner.run(input);
        }));
      current = await newSession(memory, service, result, lease.login, clock.now());
    } catch (error) {
      if (isGatewayError(error, 'DEADLINE_EXCEEDED')) {
        const locked = await ranOut(service, slot, tried, error, clock.now() - started);
        return locked ? { kind: 'failed', error: locked } : { kind: 'outOfTime' };
      }
      return { kind: 'failed', error: await failed(service, slot, tried, error) };
    }
    return keep(service, slot, tried, current, clock.now() - started);
  };

  /**
   * Another process may have stored others since this one read what was refused: those are due one try. Rejects with what
   * it was given when they are the same.
   */
  async function withReplaced(
    { definition, account, revision }: PlatformService,
    lease: LoginLease,
    error: unknown,
  ): Promise<LoginLease> {
    if (!isGatewayError(error, 'AUTHENTICATION_FAILED')) throw error;
    // The runner has forgotten them.
    const current = await credentials.current(definition.code, account).catch(() => undefined);
    const version = current ? markOf(current) : lease.version;
    if (version === lease.version) throw error;
    return { ...lease, version, tag: loginTag(revision, version) };
  }

  /** A session renewed without a login. `undefined`: it takes one. */
  async function refreshed(
    { keys }: ServiceSlot,
    input: LoginInput,
    { version }: LoginLease,
  ): Promise<LoginResult | undefined> {
    const { refresh } = requireLogin(input.service);
    // An operator who logs in doubts the session.
    if (!refresh || input.trigger === 'operator') return undefined;
    const ended = await store.refreshState(keys).catch(() => undefined);
    if (ended?.credentialVersion !== version) return undefined;
    try {
      return await runner.refresh(input, ended);
    } catch (error) {
      if (isGatewayError(error, 'DEADLINE_EXCEEDED')) throw error;
      if (!isGatewayError(error, 'PLATFORM_UNAVAILABLE'))
        await store.dropRefresh(keys).catch(() => undefined);
      return undefined;
    }
  }

  /** Without it the next renewal is a whole login: a failure is no reason to lose the session. */
  async function keepRefresh(
    service: PlatformService,
    { keys }: ServiceSlot,
    { document: { values, jar } }: CurrentSession,
    { version }: LoginLease,
  ): Promise<void> {
    if (!requireLogin(service).refresh) return;
    const state = { values, jar, credentialVersion: version };
    const { sessionTimeoutSeconds } = service.definition.auth;
    await store.keepRefresh(keys, state, sessionTimeoutSeconds * 1_000).catch(() => undefined);
  }

  async function keep(
    service: PlatformService,
    slot: ServiceSlot,
    lease: LoginLease,
    current: CurrentSession,
    tookMs: number,
  ): Promise<AttemptResult> {
    try {
      const { owner, login } = lease;
      const { document } = current;
      if (!(await store.store(slot.keys, { owner, login, document, tookMs, now: clock.now() }))) {
        return { kind: 'superseded' };
      }
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      current.unsaved = true;
    }
    await keepRefresh(service, slot, current, lease);
    await Promise.all([resolveLoginAlerts(alerts, service), resolveNeedsPerson(alerts, service)]);
    return { kind: 'stored', current: memory.keep(slot, current) };
  }

  /** A form that was sent still counts: the platform has it, and its verdict will not be read. */
  async function ranOut(
    service: PlatformService,
    slot: ServiceSlot,
    { owner, version: credentialVersion }: LoginLease,
    error: GatewayError,
    tookMs: number,
  ): Promise<GatewayError | undefined> {
    const refused = isWithoutVerdict(error);
    const now = clock.now();
    const { lockout } = service.definition.auth;
    const counted = await store
      .release(slot.keys, { owner, tookMs, refused, credentialVersion, now, lockout })
      .catch(() => NOT_COUNTED);
    if (refused) await alertUnclear(alerts, service);
    return whenLocked(service, counted, now);
  }

  async function failed(
    service: PlatformService,
    slot: ServiceSlot,
    lease: LoginLease,
    error: unknown,
  ): Promise<GatewayError> {
    const { definition } = service;
    const known =
      error instanceof GatewayError
        ? error
        : new GatewayError('INTERNAL', 'The login failed unexpectedly.', { cause: error });
    const refused = countsAsRefusal(known);
    if (refused) credentials.forget(definition.code);
    const unclear = isWithoutVerdict(known);
    const now = clock.now();
    const { owner, login, version: credentialVersion, tag } = lease;
    const counted = await store
      .fail(slot.keys, {
        owner,
        login,
        code: unclear ? LOGIN_UNCLEAR : known.code,
        refused,
        message: known.message,
        now,
        credentialVersion,
        tag,
        lockout: definition.auth.lockout,
      })
      .catch(() => NOT_COUNTED);
    if (unclear) await alertUnclear(alerts, service);
    if (known.code === 'SESSION_NEEDS_PERSON') {
      await alertNeedsPerson(alerts, service, 'asked a question that nobody answered');
    }
    return (await whenLocked(service, counted, now)) ?? known;
  }

  async function whenLocked(
    service: PlatformService,
    { refusals, lockedUntil }: Refusals,
    now: number,
  ): Promise<GatewayError | undefined> {
    if (lockedUntil <= now) return undefined;
    await alertLockout(alerts, service, refusals, lockedUntil - now);
    return lockedOut(subjectOf(service.definition.code, service.account), lockedUntil - now, now);
  }
}

/** What a failed login is remembered for: another definition, or other credentials, may do better. */
export const loginTag = (revision: number, version: string): string => `${revision}:${version}`;

/** The session a login has produced, not yet stored. */
export async function newSession(
  memory: Memory,
  service: PlatformService,
  result: LoginResult,
  login: number,
  now: number,
): Promise<CurrentSession> {
  const generation = { login, revision: 0 };
  const times = { now, lifeMs: lifeMs(service, result) };
  const document = newDocument(result, { generation: formatGeneration(generation), ...times });
  return memory.prepare(service, document, generation);
}

/** How long what a login brought may serve. */
export function lifeMs(
  { definition }: PlatformService,
  { expiresInSeconds = Infinity }: LoginResult,
): number {
  return Math.min(definition.auth.sessionTimeoutSeconds, expiresInSeconds) * 1_000;
}
