import { markOf } from '../../access/credentials/credentials.ts';
import { subjectOf } from '../../definition/account.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { GatewayError } from '../../runtime/errors.ts';
import type { PlatformService } from '../definition.ts';
import { remaining } from '../../runtime/clock.ts';
import { MARGIN_MS } from './session-request.ts';
import type { SessionRequest, FleetDeps } from './session-request.ts';
import { createLoginWithoutRedis } from './login-without-redis.ts';
import { createLoginAttempt, loginTag } from './login-attempt.ts';
import { lockedOut } from './lockout.ts';
import { loginBackoff, loginInProgress, loginTakes, renewedInVain, sharedFailure } from './failures.ts';
import { createLoginWait, waitFor } from './login-wait.ts';
import { alertNeedsPerson, needsPerson, resolveNeedsPerson } from './needs-person.ts';
import type { Outcome, ServiceSlot } from './process-memory.ts';

/** Assumed duration of a login before one was measured. */
const DEFAULT_LOGIN_MS = 3_000;
/** A caller with this much time left waits for a login in the background instead of being refused. */
const BACKGROUND_WAIT_MS = 3_000;
/** Time for a person to type a captcha, or to answer a question. */
const PERSON_MS = 120_000;
/** No login may hold the lock for longer, however much time its function has: the holder may have crashed. */
const LONGEST_LOGIN_MS = 60_000;
/** A login is thought to fit when there is this much more time than it takes; `BEGIN` uses the same factor. */
const CAUTION = 1.2;
/** A login that hangs holds the lock this much longer than it may run. */
const LEASE_SLACK_MS = 2_000;

/**
 * One login at a time: in a process by a shared promise, across processes by the lock in Redis. The holder of the
 * lock logs in and stores the session; the others wait for its outcome, session or failure.
 */
export function createFleet(deps: FleetDeps) {
  const { store, memory, credentials, alerts, clock, random } = deps;
  const attempt = createLoginAttempt(deps);
  const loginWithoutRedis = createLoginWithoutRedis(deps);

  /** A session that satisfies the request: taken from Redis, waited for, or logged in. */
  async function obtain(service: PlatformService, request: SessionRequest): Promise<Outcome> {
    const slot = memory.at(service);
    for (;;) {
      const running = slot.pendingLogin;
      // Whoever does not wait for a person looks whether somebody has opened a session meanwhile.
      if (running && callerWaits(request) && waitsForPerson(service)) {
        return acquireOrLogin(service, slot, request);
      }
      if (!running) {
        const pending = acquireOrLogin(service, slot, request).finally(() => (slot.pendingLogin = undefined));
        slot.pendingLogin = pending;
        return pending;
      }
      const outcome = await join(running, request);
      if (outcome) return outcome;
    }
  }

  /** Another caller's attempt, when its result is good enough for this one; `undefined`: try again. */
  async function join(running: Promise<Outcome>, request: SessionRequest): Promise<Outcome | undefined> {
    try {
      const { current, how } = await waitFor(running, request.deadline, clock);
      const fits =
        how === 'backup'
          ? callerWaits(request) && current.login !== request.newerThan
          : current.login > request.newerThan;
      if (!fits) return undefined;
      return { current, how: how === 'login' ? 'taken' : how };
    } catch (error) {
      const ranOutOfTime = isGatewayError(error, 'LOGIN_IN_PROGRESS', 'DEADLINE_EXCEEDED');
      if (ranOutOfTime && remaining(request.deadline, clock) > MARGIN_MS + DEFAULT_LOGIN_MS) return undefined;
      throw error;
    }
  }

  async function acquireOrLogin(
    service: PlatformService,
    slot: ServiceSlot,
    request: SessionRequest,
  ): Promise<Outcome> {
    await store.open();
    const { definition, account } = service;
    const subject = subjectOf(definition.code, account);
    const owner = random.uuid();
    const wait = createLoginWait();
    let version = await versionOf(service);
    let { newerThan } = request;
    let seenFailure: number | undefined;
    let storeFailures = 0;
    let waiting = false;
    let alerted = false;
    // Only waiting callers are refused because a login takes too long: a background login must always run.
    let checkBudget = callerWaits(request);

    for (;;) {
      const budgetMs = loginBudget(service, request);
      const tag = loginTag(service.revision, version);
      const answer = await store
        .begin(slot.keys, {
          owner,
          leaseMs: Math.max(budgetMs, 0) + LEASE_SLACK_MS,
          newerThan,
          refused: request.refused && newerThan === request.newerThan && newerThan > 0,
          highestLogin: slot.highestLogin,
          seenFailure,
          credentialVersion: version,
          tag,
          now: clock.now(),
          budgetMs,
          neededMs: checkBudget ? DEFAULT_LOGIN_MS : 0,
          force: request.force,
          operation: request.operation,
          paysCaptcha: isPaidFor(service),
          withoutLogin: definition.auth.login === undefined,
        })
        .catch((error: unknown) => {
          if (isGatewayError(error, 'STORE_UNAVAILABLE')) return { kind: 'unavailable' as const, error };
          throw error;
        });

      if (request.refused && answer.kind !== 'in-vain') memory.reject(slot, request.newerThan);

      switch (answer.kind) {
        case 'in-vain':
          throw renewedInVain(service, answer.forMs);
        case 'needs-person':
          if (!answer.first) throw needsPerson(service);
          await alertNeedsPerson(alerts, service);
          // Once more: what was imported a moment ago could not resolve it.
          alerted = true;
          break;
        case 'newer': {
          if (alerted) await resolveNeedsPerson(alerts, service);
          const { document, generation } = answer.session;
          const current = memory.keep(slot, await memory.prepare(service, document, generation));
          slot.withoutRedis = { notBefore: 0, attempts: 0 };
          return { current, how: 'taken' };
        }
        case 'unreadable':
          newerThan = answer.login;
          break;
        case 'locked': {
          credentials.forget(definition.code);
          const fresh = await versionOf(service);
          if (fresh === version) throw lockedOut(subject, answer.forMs, clock.now());
          version = fresh;
          break;
        }
        case 'failed':
          return backupOr(service, slot, request, sharedFailure(answer.code, answer.message));
        case 'backoff':
          return backupOr(service, slot, request, loginBackoff(answer.code, answer.message, answer.forMs));
        case 'running': {
          seenFailure ??= answer.failure;
          const left = remaining(request.deadline, clock) - MARGIN_MS;
          const atLeast = answer.leastMs - answer.elapsedMs;
          if (callerWaits(request) && isTooLong(atLeast, left)) throw loginTakes(atLeast);
          if (callerWaits(request) && waitsForPerson(service))
            throw loginInProgress(LONGEST_LOGIN_MS / 1_000);
          if (left <= 0) throw loginInProgress((answer.usualMs - answer.elapsedMs) / 1_000);
          await clock.sleep(Math.min(left, wait.next(answer.elapsedMs, answer.usualMs)));
          break;
        }
        case 'no-time': {
          const running = !answer.first || (await startInBackground(slot, service));
          const left = remaining(request.deadline, clock) - MARGIN_MS;
          if (running && isTooLong(answer.leastMs, left)) throw loginTakes(answer.leastMs);
          const patient = !waitsForPerson(service) && left >= (waiting ? 1 : BACKGROUND_WAIT_MS);
          if (!patient) throw loginInProgress(answer.usualMs / 1_000);
          if (!running) {
            checkBudget = false;
            break;
          }
          waiting = true;
          seenFailure ??= answer.failure;
          await clock.sleep(Math.min(left, wait.next(0, 0)));
          break;
        }
        case 'acquired': {
          const done = await attempt(service, slot, request.recordedAs ?? request.trigger, {
            owner,
            login: answer.login,
            version,
            tag,
            deadline: { at: clock.now() + budgetMs },
          });
          if (done.kind === 'stored') return { current: done.current, how: 'login' };
          if (done.kind === 'failed') return backupOr(service, slot, request, done.error);
          if (done.kind === 'outOfTime') {
            if (request.trigger !== 'background') await startInBackground(slot, service);
            throw loginInProgress(DEFAULT_LOGIN_MS / 1_000);
          }
          break; // superseded: another process stored a newer one meanwhile
        }
        case 'unavailable': {
          // A caller that has seen a login run keeps waiting for it; any other tries Redis once more.
          const left = remaining(request.deadline, clock) - MARGIN_MS;
          if (seenFailure !== undefined && left <= 0) throw loginInProgress(1);
          storeFailures += 1;
          if (seenFailure === undefined && (storeFailures > 1 || usable(slot, request))) {
            return loginWithoutRedis(service, slot, request, answer.error);
          }
          await clock.sleep(100 + 200 * random.fraction());
        }
      }
    }
  }

  /** While no login succeeds, the previous session is used, if the platform may still accept it. */
  async function backupOr(
    service: PlatformService,
    slot: ServiceSlot,
    request: SessionRequest,
    error: GatewayError,
  ): Promise<Outcome> {
    if (!callerWaits(request) || error.internal?.['lockedOut'] === true) throw error;
    const backup = await store.backup(slot.keys).catch(() => undefined);
    if (!backup || Date.parse(backup.document.expires_at) <= clock.now()) throw error;
    const { login } = backup.generation;
    if (login === request.newerThan || slot.rejectedLogins.includes(login)) throw error;
    const current = await memory.prepare(service, backup.document, backup.generation);
    return { current, how: 'backup' };
  }

  async function versionOf({ definition, account }: PlatformService): Promise<string> {
    // Nothing is counted against credentials that no login sends.
    if (!definition.auth.login) return '';
    // Without credentials a stored session can still be used; a login reports what is missing.
    const current = await credentials.current(definition.code, account).catch(() => undefined);
    return current ? markOf(current) : '';
  }

  function loginBudget(service: PlatformService, request: SessionRequest): number {
    const left = remaining(request.deadline, clock) - MARGIN_MS;
    const people = questionsOf(service) + (solversOf(service).includes('MANUAL') ? 1 : 0);
    if (waitsForPerson(service) && callerWaits(request) && left < PERSON_MS) return 0;
    return Math.min(left, LONGEST_LOGIN_MS + people * PERSON_MS);
  }

  /** `false`: no login was started, and the next caller may try again. */
  async function startInBackground(
    slot: ServiceSlot,
    { definition, account }: PlatformService,
  ): Promise<boolean> {
    try {
      await deps.startInBackground(definition.code, account);
      return true;
    } catch {
      await store.forgetBackground(slot.keys).catch(() => undefined);
      return false;
    }
  }

  function usable(slot: ServiceSlot, request: SessionRequest): boolean {
    const { current } = slot;
    return current !== undefined && current.login > request.newerThan && current.expiresAt > clock.now();
  }

  return { obtain };
}

/** A caller is waiting: an older session is better than none, and there is no time for a person to type a captcha. */
function callerWaits({ trigger }: SessionRequest): boolean {
  return trigger === 'call' || trigger === 'expired';
}

/** What the last two logins took at least is more than is left: waiting would only spend the caller's time. */
function isTooLong(atLeastMs: number, leftMs: number): boolean {
  return atLeastMs > 0 && leftMs < CAUTION * atLeastMs;
}

function solversOf({ definition: { auth } }: PlatformService): string[] {
  return auth.login?.captcha?.solvers ?? [];
}

const questionsOf = ({ definition: { auth } }: PlatformService): number => auth.login?.ask.length ?? 0;

/** A login costs something each time: a solver's points, an SMS. */
const isPaidFor = (service: PlatformService): boolean =>
  questionsOf(service) > 0 || solversOf(service).some((solver) => solver !== 'MANUAL');

/** It waits for a person in any case: longer than any caller. */
function waitsForPerson(service: PlatformService): boolean {
  const solvers = solversOf(service);
  if (questionsOf(service) > 0) return true;
  return solvers.length > 0 && solvers.every((solver) => solver === 'MANUAL');
}

export type Fleet = ReturnType<typeof createFleet>;
