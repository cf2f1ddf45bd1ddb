import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { RegisteredService } from '../../registry/definition.ts';
import { remaining } from '../../runtime/clock.ts';
import { MARGIN_MS } from './session-request.ts';
import type { Ask, FleetDeps } from './session-request.ts';
import { newSession } from './login-attempt.ts';
import type { Outcome, Place } from './process-memory.ts';

const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;

/**
 * Without Redis nobody can agree on who logs in. What is in memory serves; a process that has nothing logs in
 * for itself, at most once per pause (5 s, doubling to 5 min, whether it succeeds or not), and after refused
 * credentials not before the lockout's time: a fleet without Redis must not burn an account either.
 * Rejects with the store's own error when it may not.
 */
export function createLoginAlone({ memory, login: runner, credentials, clock }: FleetDeps) {
  return async function alone(
    service: RegisteredService,
    place: Place,
    ask: Ask,
    unavailable: GatewayError,
  ): Promise<Outcome> {
    const { held, alone: turn } = place;
    const now = clock.now();
    if (held && held.login > ask.newerThan && held.expiresAt > now) return { held, how: 'taken' };
    if (now < turn.notBefore) throw later(unavailable, turn.notBefore - now);
    if (remaining(ask.deadline, clock) <= MARGIN_MS) throw unavailable;

    const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** turn.attempts);
    place.alone = { notBefore: now + pause, attempts: turn.attempts + 1 };
    const login = Math.max(place.floor, ask.newerThan) + 1;
    try {
      const deadline = { at: ask.deadline.at - MARGIN_MS };
      const result = await runner.run({ service, trigger: ask.recordedAs ?? ask.trigger, deadline });
      const mine = await newSession(memory, service, result, login, clock.now());
      mine.unsaved = true;
      return { held: memory.keep(place, mine), how: 'login' };
    } catch (error) {
      const { auth, code } = service.definition;
      if (isGatewayError(error, 'AUTHENTICATION_FAILED') && auth.type === 'SESSION') {
        credentials.forget(code);
        place.alone.notBefore = clock.now() + auth.lockout.seconds * 1_000;
      }
      throw error;
    }
  };
}

function later(error: GatewayError, ms: number): GatewayError {
  return new GatewayError(error.code, error.message, { retryAfterSeconds: Math.ceil(ms / 1_000) });
}
