import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { LoginRunner } from '../login/login.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { RegisteredService } from '../../registry/definition.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { createCookieChanges } from './cookie-changes.ts';
import { createFleet } from './fleet.ts';
import { createOperatorActions } from './operator.ts';
import type { SessionOperator } from './operator.ts';
import { createMemory, loginOfSession } from './process-memory.ts';
import type { Outcome, Place } from './process-memory.ts';
import { ASK_AGAIN_MS, assess, TRUST_MS } from './session-state.ts';
import type { AcquiredSession, AcquireOptions, LiveSession, RenewOptions, Sessions } from './sessions.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';
import { createVault } from './vault.ts';
import type { VaultKeys } from './vault.ts';

export interface SessionsDeps {
  redis: Redis;
  /** The keys of the secret `gatehouse/{stage}/session-key`, see `loadVaultKeys`. */
  vaultKeys: () => Promise<VaultKeys>;
  login: LoginRunner;
  credentials: CredentialStore;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  /** Invokes the `keepalive` function asynchronously with `{ "service": code }`. */
  startInBackground: (code: string) => Promise<void>;
}

/** What the rest of the product uses: calls, operators, and the keepalive. */
export interface SessionService extends Sessions, SessionOperator {
  store: Store;
}

/** Sessions of all services, for one process. */
export function createSessions(deps: SessionsDeps): SessionService {
  const { clock } = deps;
  const vault = createVault(deps.vaultKeys, deps.random, () => clock.now());
  const store = createStore(deps.redis, vault);
  const memory = createMemory(deps);
  const fleet = createFleet({ ...deps, store, memory });
  const cookies = createCookieChanges({ store, memory, clock });

  async function acquire(service: RegisteredService, options: AcquireOptions): Promise<AcquiredSession> {
    const place = memory.at(service);
    const state = await currentState(service, place, options);
    if (state === 'live') {
      const { held } = place;
      if (held) {
        void cookies.touch(place);
        return { session: held.live, origin: 'reused' };
      }
    }
    const expired = state === 'expired' ? (place.held?.login ?? 0) : 0;
    const outcome = await fleet.obtain(service, {
      newerThan: Math.max(expired, ...place.dead),
      refused: false,
      force: false,
      trigger: 'call',
      recordedAs: options.trigger,
      deadline: options.deadline,
    });
    return answer(outcome, state === 'expired' ? 'renewed' : 'login');
  }

  /** What memory is worth for this call; asks Redis only when nobody has for a while. */
  async function currentState(service: RegisteredService, place: Place, options: AcquireOptions) {
    let { held } = place;
    if (held && held.definitionRevision !== service.revision) {
      const [login, revision] = held.generation.split('.').map(Number);
      const again = await memory.prepare(service, held.document, { login: login!, revision: revision! });
      held = place.held = { ...again, unsaved: held.unsaved, confirmedAt: held.confirmedAt };
    }
    const state = assess(held, options.storedGeneration, clock.now());
    if (!held || state === 'none' || state === 'expired') return state;
    if (state === 'live') {
      if (options.storedGeneration !== undefined) held.confirmedAt = clock.now();
      return state;
    }
    if (held.unsaved && (await cookies.save(place, held))) return 'live';
    if (state === 'superseded') return state;
    const stored = await store.generation(place.keys).catch(() => undefined);
    if (stored === undefined) {
      // Redis is away: what is in memory serves, and not every call pays for asking.
      held.confirmedAt = clock.now() - TRUST_MS + ASK_AGAIN_MS;
      return 'live';
    }
    const confirmed = assess(held, stored, clock.now());
    if (confirmed === 'live') held.confirmedAt = clock.now();
    return confirmed;
  }

  async function renew(
    service: RegisteredService,
    dead: LiveSession,
    { deadline, trigger }: RenewOptions,
  ): Promise<AcquiredSession> {
    const place = memory.at(service);
    const login = loginOfSession(dead);
    memory.bury(place, login);
    const { held } = place;
    if (held && held.login > login && held.expiresAt > clock.now()) {
      return { session: held.live, origin: 'renewed' };
    }
    const outcome = await fleet.obtain(service, {
      newerThan: login,
      refused: true,
      force: false,
      trigger: 'expired',
      recordedAs: trigger,
      deadline,
    });
    return { session: outcome.held.live, origin: outcome.how === 'backup' ? 'reused' : 'renewed' };
  }

  return {
    acquire,
    renew,
    observe: (service, session, url, setCookies) =>
      cookies.observe(service, session, url, setCookies).catch(() => undefined),
    ...createOperatorActions({ ...deps, store, memory, fleet }),
    store,
  };
}

/** Who merely waited took a session that somebody else made. */
function answer({ held, how }: Outcome, whenMade: 'login' | 'renewed'): AcquiredSession {
  return { session: held.live, origin: how === 'login' ? whenMade : 'reused' };
}
