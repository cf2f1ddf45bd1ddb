import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { LoginRunner } from '../login/login.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { DerivedKey } from '../../vendors/secrets/derived-keys.ts';
import type { PlatformService } from '../definition.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import type { Random } from '../../runtime/random.ts';
import { createCookieChanges } from './cookie-changes.ts';
import { createFleet } from './fleet.ts';
import { parseGeneration } from './generation.ts';
import { createOperatorActions } from './operator.ts';
import type { SessionOperator } from './operator.ts';
import { createMemory, loginOfSession } from './process-memory.ts';
import type { CurrentSession, Outcome, ServiceSlot } from './process-memory.ts';
import { ASK_AGAIN_MS, assess, nearsEnd, TRUST_MS } from './session-state.ts';
import type { AcquiredSession, AcquireOptions, LiveSession, RenewOptions, Sessions } from './sessions.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';
import { createVault } from '../../vendors/secrets/vault.ts';

export interface SessionsDeps {
  redis: Redis;
  /** The keys for `session`, see `deriveKeys`. */
  vaultKeys: () => Promise<Keys<DerivedKey>>;
  login: LoginRunner;
  credentials: CredentialStore;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  /** Invokes the `keepalive` function asynchronously with `{ "service": code, "account"? }`. */
  startInBackground: (code: string, account?: string) => Promise<void>;
}

/** Sessions for calls, operators and the keepalive. */
export interface SessionService extends Sessions, SessionOperator {
  store: Store;
}

/** Sessions of all services, for one process. */
export function createSessions(deps: SessionsDeps): SessionService {
  const { clock } = deps;
  const vault = createVault(deps.vaultKeys, deps.random, clock);
  const store = createStore(deps.redis, vault);
  const memory = createMemory(deps);
  const fleet = createFleet({ ...deps, store, memory });
  const cookies = createCookieChanges({ store, memory, clock });

  async function acquire(service: PlatformService, options: AcquireOptions): Promise<AcquiredSession> {
    const slot = memory.at(service);
    const state = await currentState(service, slot, options);
    if (state === 'live') {
      const { current } = slot;
      if (current) {
        const ahead = await renewedAhead(service, slot, current, options);
        if (ahead) return ahead;
        void cookies.touch(slot);
        return { session: current.live, origin: 'reused' };
      }
    }
    const expired = state === 'expired' ? (slot.current?.login ?? 0) : 0;
    const outcome = await fleet.obtain(service, {
      newerThan: Math.max(expired, ...slot.rejectedLogins),
      refused: false,
      force: false,
      trigger: 'call',
      recordedAs: options.trigger,
      deadline: options.deadline,
    });
    return answer(outcome, state === 'expired' ? 'renewed' : 'login');
  }

  /** The next renewal is a whole login: what a refresh gave was refused too. */
  async function notHelped({ keys }: ServiceSlot, operation: string): Promise<void> {
    await Promise.all([store.dropRefresh(keys), store.rememberVain(keys, operation, clock.now())]);
  }

  /** Renews what nears its end while it still serves: one caller does, the others go on. */
  async function renewedAhead(
    service: PlatformService,
    slot: ServiceSlot,
    current: CurrentSession,
    options: AcquireOptions,
  ): Promise<AcquiredSession | undefined> {
    if (slot.pendingLogin || !nearsEnd(service, current, clock.now())) return undefined;
    const outcome = await fleet
      .obtain(service, {
        newerThan: current.login,
        refused: false,
        force: false,
        trigger: 'call',
        recordedAs: options.trigger,
        deadline: options.deadline,
      })
      .catch(() => undefined);
    return outcome && outcome.how !== 'backup' ? answer(outcome, 'renewed') : undefined;
  }

  /** The state of the session in memory; reads Redis only when it was not read for a while. */
  async function currentState(service: PlatformService, slot: ServiceSlot, options: AcquireOptions) {
    let { current } = slot;
    if (current && current.definitionRevision !== service.revision) {
      const generation = parseGeneration(current.generation)!;
      const again = await memory.prepare(service, current.document, generation);
      current = slot.current = { ...again, unsaved: current.unsaved, confirmedAt: current.confirmedAt };
    }
    const state = assess(current, options.storedGeneration, clock.now());
    if (!current || state === 'expired') return state;
    if (state === 'live') {
      if (options.storedGeneration !== undefined) current.confirmedAt = clock.now();
      return state;
    }
    if (current.unsaved && (await cookies.save(slot, current))) return 'live';
    if (state === 'superseded') return state;
    const stored = await store.generation(slot.keys).catch(() => undefined);
    if (stored === undefined) {
      // Redis is unavailable: the session in memory is used, and only one call in a while tries Redis.
      current.confirmedAt = clock.now() - TRUST_MS + ASK_AGAIN_MS;
      return 'live';
    }
    const confirmed = assess(current, stored, clock.now());
    if (confirmed === 'live') current.confirmedAt = clock.now();
    return confirmed;
  }

  async function renew(
    service: PlatformService,
    rejected: LiveSession,
    { deadline, trigger, operation }: RenewOptions,
  ): Promise<AcquiredSession> {
    const slot = memory.at(service);
    const login = loginOfSession(rejected);
    const { current } = slot;
    if (current && current.login > login && current.expiresAt > clock.now()) {
      return { session: current.live, origin: 'renewed' };
    }
    const outcome = await fleet.obtain(service, {
      newerThan: login,
      refused: true,
      force: false,
      trigger: 'expired',
      recordedAs: trigger,
      operation,
      deadline,
    });
    return { session: outcome.current.live, origin: outcome.how === 'backup' ? 'reused' : 'renewed' };
  }

  return {
    acquire,
    renew,
    renewedInVain: (service, operation) => notHelped(memory.at(service), operation).catch(() => undefined),
    learn: (service, session, values) => cookies.learn(service, session, values),
    observe: (service, session, url, setCookies) =>
      cookies.observe(service, session, url, setCookies).catch(() => undefined),
    ...createOperatorActions({ ...deps, store, memory, fleet }),
    store,
  };
}

/** A caller that only waited reuses a session that another one made. */
function answer({ current, how }: Outcome, whenMade: 'login' | 'renewed'): AcquiredSession {
  return { session: current.live, origin: how === 'login' ? whenMade : 'reused' };
}
