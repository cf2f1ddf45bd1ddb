import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { LoginResult, LoginTrigger } from '../login/login.ts';
import type { RegisteredService } from '../../registry/definition.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { newDocument } from './document.ts';
import type { FleetDeps } from './session-request.ts';
import { formatGeneration } from './generation.ts';
import { alertLockout, lockedOut, LOGIN_LOCKED } from './lockout.ts';
import type { HeldSession, Memory, Place } from './process-memory.ts';

/** What holding the lock entitles to: one login, under a counter no other login has. */
export interface Turn {
  owner: string;
  login: number;
  version: string;
  tag: string;
  /** Before the lock's lease ends. */
  deadline: Deadline;
}

export type AttemptResult =
  | { kind: 'stored'; held: HeldSession }
  /** A session at least as new was stored meanwhile, or an operator invalidated ours. */
  | { kind: 'superseded' }
  | { kind: 'failed'; error: GatewayError }
  /** Our deadline came first: says nothing about the platform. */
  | { kind: 'outOfTime' };

/** The lock holder's part: log in, store, tell everybody; or record the failure. */
export function createLoginAttempt(deps: FleetDeps) {
  const { store, memory, login: runner, credentials, alerts, clock } = deps;

  return async function attempt(
    service: RegisteredService,
    place: Place,
    trigger: LoginTrigger,
    turn: Turn,
  ): Promise<AttemptResult> {
    const started = clock.now();
    place.floor = Math.max(place.floor, turn.login);
    let held: HeldSession;
    try {
      const result = await runner.run({ service, trigger, deadline: turn.deadline });
      held = await newSession(memory, service, result, turn.login, clock.now());
    } catch (error) {
      if (isGatewayError(error, 'DEADLINE_EXCEEDED')) {
        await store.release(place.keys, turn.owner, clock.now() - started).catch(() => undefined);
        return { kind: 'outOfTime' };
      }
      return { kind: 'failed', error: await failed(service, place, turn, error) };
    }
    return keep(service, place, turn, held, clock.now() - started);
  };

  async function keep(
    { definition }: RegisteredService,
    place: Place,
    turn: Turn,
    held: HeldSession,
    tookMs: number,
  ): Promise<AttemptResult> {
    try {
      const { owner, login } = turn;
      const { document } = held;
      if (!(await store.store(place.keys, { owner, login, document, tookMs, now: clock.now() }))) {
        return { kind: 'superseded' };
      }
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      held.unsaved = true;
    }
    await alerts.resolve(LOGIN_LOCKED, definition.code);
    return { kind: 'stored', held: memory.keep(place, held) };
  }

  async function failed(
    service: RegisteredService,
    place: Place,
    turn: Turn,
    error: unknown,
  ): Promise<GatewayError> {
    const { definition } = service;
    const known =
      error instanceof GatewayError
        ? error
        : new GatewayError('INTERNAL', 'The login failed unexpectedly.', { cause: error });
    if (known.code === 'AUTHENTICATION_FAILED') credentials.forget(definition.code);
    const { auth } = definition;
    if (auth.type !== 'SESSION') return known;
    const now = clock.now();
    const { owner, login, version: credentialVersion, tag } = turn;
    const { code, message } = known;
    const { lockout } = auth;
    const { refusals, lockedUntil } = await store
      .fail(place.keys, { owner, login, code, message, now, credentialVersion, tag, lockout })
      .catch(() => ({ refusals: 0, lockedUntil: 0 }));
    if (lockedUntil <= now) return known;
    await alertLockout(alerts, service, refusals, lockedUntil - now);
    return lockedOut(definition.code, lockedUntil - now, now);
  }
}

/** The session that a login has brought, not yet kept anywhere. */
export async function newSession(
  memory: Memory,
  service: RegisteredService,
  result: LoginResult,
  login: number,
  now: number,
): Promise<HeldSession> {
  const { auth } = service.definition;
  const lifeMs = (auth.type === 'SESSION' ? auth.sessionTimeoutSeconds : 0) * 1_000;
  const generation = { login, revision: 0 };
  const document = newDocument(result, { generation: formatGeneration(generation), now, lifeMs });
  return memory.prepare(service, document, generation);
}
