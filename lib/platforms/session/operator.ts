import { markOf } from '../../access/credentials/credentials.ts';
import type { LoginResult } from '../login/login.ts';
import type { PlatformService } from '../definition.ts';
import type { Deadline } from '../../runtime/clock.ts';
import type { SessionDocument } from './document.ts';
import { createCanaryLogins } from './canary-login.ts';
import type { CanaryLogins } from './canary-login.ts';
import { createDryRun } from './dry-run.ts';
import type { DryRunDeps, DryRunOptions } from './dry-run.ts';
import type { Fleet } from './fleet.ts';
import { loginOf, parseGeneration } from './generation.ts';
import type { SessionImport } from './import-input.ts';
import { createImport } from './import-session.ts';
import { resolveLoginAlerts } from './lockout.ts';
import { requireLogin } from './needs-person.ts';
import type { LiveSession } from './sessions.ts';

/** A session as an operator sees it, without its secrets. */
export interface SessionView {
  /**
   * `refused`: it is stored, but the platform has refused it; the next call logs in. `needs-person`: there is no live one,
   * and no login is described.
   */
  state: 'none' | 'live' | 'refused' | 'logging-in' | 'locked-out' | 'needs-person';
  generation: string | null;
  main: SessionSummary | null;
  backup: SessionSummary | null;
  lockout: { refusals: number; lockedUntil: string | null };
  lastFailure: { code: string; count: number; at: string } | null;
  keepalive: { nextAt: string; failures: number } | null;
  lastUpdate: string | null;
  stats: { logins: number; errors: number; usualLoginMs: number };
}

export interface SessionSummary {
  generation: string;
  createdAt: string;
  lastAccessed: string;
  expiresAt: string;
  loginInfo: Record<string, unknown>;
  /** Names only. */
  cookies: string[];
  headers: string[];
  values: string[];
}

export interface SessionOperator extends CanaryLogins {
  show(service: PlatformService): Promise<SessionView>;
  /** The session that a call would use now; `undefined`: it would log in. Takes no lock, and never logs in. */
  live(service: PlatformService): Promise<LiveSession | undefined>;
  /** Ends the session everywhere: the next call logs in. Answers the generation left behind. */
  invalidate(service: PlatformService): Promise<string>;
  /** Lifts a lockout, and any pause after failures. */
  unlock(service: PlatformService): Promise<void>;
  /** Logs in although there may be a session; calls keep the old one meanwhile. Refused while locked out. */
  loginNow(service: PlatformService, options: { deadline: Deadline }): Promise<SessionView>;
  /** Takes over a session that a person has opened; every Lambda uses it from the next call on. @see createImport */
  importSession(service: PlatformService, input: SessionImport): Promise<SessionView>;
  /** Walks the recipe and stores nothing; counts toward the lockout, and is refused by it. @see createDryRun */
  dryRun(service: PlatformService, options: DryRunOptions): Promise<LoginResult['loginInfo']>;
  /** What `{ "service": "CODE", "account"? }` asks of the `keepalive` function: a session, unless there is a live one. */
  loginInBackground(service: PlatformService, options: { deadline: Deadline }): Promise<void>;
  /** Replaces login `login` ahead of its end, or because a keepalive failed. The old one serves meanwhile. */
  renewAhead(
    service: PlatformService,
    login: number,
    options: { deadline: Deadline; refused: boolean },
  ): Promise<void>;
}

interface Deps extends DryRunDeps {
  fleet: Fleet;
}

export function createOperatorActions(deps: Deps): SessionOperator {
  const { store, memory, fleet, credentials, alerts, clock } = deps;

  async function show(service: PlatformService): Promise<SessionView> {
    const { definition, account } = service;
    await store.open();
    const found = await store.inspect(memory.at(service).keys);
    const current = await credentials.current(definition.code, account).catch(() => undefined);
    const now = clock.now();
    const lockout = current && found.lockout?.version === markOf(current) ? found.lockout : undefined;
    const locked = lockout !== undefined && lockout.lockedUntil > now;
    const login = parseGeneration(found.generation)?.login;
    const whole = found.main !== undefined && login === loginOf(found.main.generation);
    const stored = !whole ? 'none' : login > found.rejected ? 'live' : 'refused';
    return {
      state: stateOf(service, { stored, loggingIn: found.loggingIn, locked }),
      generation: found.generation,
      main: whole ? summary(found.main) : null,
      backup: summary(found.backup),
      lockout: { refusals: lockout?.refusals ?? 0, lockedUntil: locked ? iso(lockout.lockedUntil) : null },
      lastFailure: found.failure && {
        code: found.failure[1]!,
        count: Number(found.failure[2]),
        at: iso(Number(found.failure[3])),
      },
      keepalive: found.keepalive && {
        nextAt: iso(Number(found.keepalive[1])),
        failures: Number(found.keepalive[2]),
      },
      lastUpdate: found.lastUpdate,
      stats: { logins: found.logins, errors: found.errors, usualLoginMs: found.usualMs },
    };
  }

  async function live(service: PlatformService): Promise<LiveSession | undefined> {
    await store.open();
    const { main, rejected, generation } = await store.inspect(memory.at(service).keys);
    const parsed = main && parseGeneration(main.generation);
    if (!parsed || parsed.login !== parseGeneration(generation)?.login || parsed.login <= rejected) {
      return undefined;
    }
    return (await memory.prepare(service, main, parsed)).live;
  }

  async function invalidate(service: PlatformService): Promise<string> {
    const slot = memory.at(service);
    const generation = await store.invalidate(slot.keys);
    memory.forget(service);
    return generation;
  }

  async function unlock(service: PlatformService): Promise<void> {
    const slot = memory.at(service);
    slot.withoutRedis = { notBefore: 0, attempts: 0 };
    await store.unlock(slot.keys);
    await resolveLoginAlerts(alerts, service);
  }

  async function loginNow(
    service: PlatformService,
    { deadline }: { deadline: Deadline },
  ): Promise<SessionView> {
    requireLogin(service);
    const newerThan = loginOf(await store.generation(memory.at(service).keys));
    await fleet.obtain(service, { newerThan, refused: false, force: true, trigger: 'operator', deadline });
    return show(service);
  }

  async function loginInBackground(
    service: PlatformService,
    { deadline }: { deadline: Deadline },
  ): Promise<void> {
    const newerThan = Math.max(0, ...memory.at(service).rejectedLogins);
    await fleet.obtain(service, {
      newerThan,
      refused: false,
      force: false,
      trigger: 'background',
      deadline,
    });
  }

  async function renewAhead(
    service: PlatformService,
    login: number,
    { deadline, refused }: { deadline: Deadline; refused: boolean },
  ): Promise<void> {
    await fleet.obtain(service, { newerThan: login, refused, force: false, trigger: 'keepalive', deadline });
  }

  const takeOver = createImport(deps);
  async function importSession(service: PlatformService, input: SessionImport): Promise<SessionView> {
    await takeOver(service, input);
    return show(service);
  }

  return {
    show,
    live,
    invalidate,
    unlock,
    loginNow,
    importSession,
    dryRun: createDryRun(deps),
    ...createCanaryLogins(deps),
    loginInBackground,
    renewAhead,
  };
}

function stateOf(
  { definition: { auth } }: PlatformService,
  is: { stored: 'none' | 'live' | 'refused'; loggingIn: boolean; locked: boolean },
): SessionView['state'] {
  if (!auth.login && is.stored !== 'live') return 'needs-person';
  if (is.loggingIn) return 'logging-in';
  // A lockout is shown before a session that is still live: an operator has to act on it.
  return is.locked ? 'locked-out' : is.stored;
}

function summary(document: SessionDocument | undefined): SessionSummary | null {
  return document === undefined
    ? null
    : {
        generation: document.generation,
        createdAt: document.created_at,
        lastAccessed: document.last_accessed,
        expiresAt: document.expires_at,
        loginInfo: withoutQuery(document.login_info),
        cookies: [...new Set(document.jar.cookies.map(({ key }) => key))].sort(),
        headers: Object.keys(document.headers).sort(),
        values: Object.keys(document.values).sort(),
      };
}

/** A captcha's address may carry a token in its query. */
function withoutQuery(info: SessionDocument['login_info']): Record<string, unknown> {
  return info.captcha_url === undefined
    ? { ...info }
    : { ...info, captcha_url: info.captcha_url.replace(/\?.*/s, '') };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
