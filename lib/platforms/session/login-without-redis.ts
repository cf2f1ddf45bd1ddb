import { changedError } from '../../runtime/errors.ts';
import type { GatewayError } from '../../runtime/errors.ts';
import { countsAsRefusal } from '../login/login-error.ts';
import type { PlatformService } from '../definition.ts';
import { remaining } from '../../runtime/clock.ts';
import { MARGIN_MS } from './session-request.ts';
import type { SessionRequest, FleetDeps } from './session-request.ts';
import { newSession } from './login-attempt.ts';
import type { Outcome, ServiceSlot } from './process-memory.ts';

const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;

/**
 * Without Redis processes cannot agree on who logs in. The session in memory is used; a process without one logs
 * in for itself, at most once per pause (5 s, doubling to 5 min, whether it succeeds or not), and after refused
 * credentials not before the lockout ends: the account must not be locked by a fleet without Redis either.
 * Rejects with the store's own error when it may not.
 */
export function createLoginWithoutRedis({ memory, login: runner, credentials, clock }: FleetDeps) {
  return async function loginWithoutRedis(
    service: PlatformService,
    slot: ServiceSlot,
    request: SessionRequest,
    unavailable: GatewayError,
  ): Promise<Outcome> {
    const { current, withoutRedis: schedule } = slot;
    const now = clock.now();
    if (current && current.login > request.newerThan && current.expiresAt > now)
      return { current, how: 'taken' };
    const { login: recipe } = service.definition.auth;
    // A question is asked through Redis.
    if (!recipe || recipe.ask.length > 0) throw unavailable;
    if (now < schedule.notBefore) throw later(unavailable, schedule.notBefore - now);
    if (remaining(request.deadline, clock) <= MARGIN_MS) throw unavailable;

    const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** schedule.attempts);
    slot.withoutRedis = { notBefore: now + pause, attempts: schedule.attempts + 1 };
    const login = Math.max(slot.highestLogin, request.newerThan) + 1;
    try {
      const deadline = { at: request.deadline.at - MARGIN_MS };
      const result = await runner.run({ service, trigger: request.recordedAs ?? request.trigger, deadline });
      const mine = await newSession(memory, service, result, login, clock.now());
      mine.unsaved = true;
      return { current: memory.keep(slot, mine), how: 'login' };
    } catch (error) {
      const { auth, code } = service.definition;
      if (countsAsRefusal(error)) {
        credentials.forget(code);
        slot.withoutRedis.notBefore = clock.now() + auth.lockout.seconds * 1_000;
      }
      throw error;
    }
  };
}

function later(error: GatewayError, ms: number): GatewayError {
  return changedError(error, { retryAfterSeconds: Math.ceil(ms / 1_000) });
}
