/** A fleet of one process, whose Redis gives the answers of a test. */
import type { CredentialStore } from '../../../../lib/access/credentials/credentials.ts';
import { createJar, storeJar } from '../../../../lib/platforms/cookies/jar.ts';
import type { LoginInput, LoginResult } from '../../../../lib/platforms/login/login.ts';
import type { BeginAnswer, BeginRequest } from '../../../../lib/platforms/session/begin.ts';
import { importedDocument } from '../../../../lib/platforms/session/document.ts';
import { createFleet } from '../../../../lib/platforms/session/fleet.ts';
import { createMemory } from '../../../../lib/platforms/session/process-memory.ts';
import type { SessionRequest } from '../../../../lib/platforms/session/session-request.ts';
import type { Store } from '../../../../lib/platforms/session/store.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { LOGIN, serviceOf } from './service.ts';

export const NOW = Date.parse('2026-11-21T04:00:00Z');
export const AWAY = new GatewayError('STORE_UNAVAILABLE', 'away');

export const stored = (login: number, lifeMs = 3_600_000) => {
  const jar = storeJar(createJar(), NOW);
  const read = { jar, headers: {}, values: {}, endsAt: NOW + lifeMs };
  return { document: importedDocument(read, { login, now: NOW }), generation: { login, revision: 0 } };
};
export const newer = (login: number): BeginAnswer => ({ kind: 'newer', session: stored(login) });
export const running = (more: object = {}): BeginAnswer => ({
  kind: 'running',
  elapsedMs: 0,
  usualMs: 0,
  leastMs: 0,
  failure: 0,
  ...more,
});
export const noTime = (more: object = {}): BeginAnswer => ({
  kind: 'no-time',
  usualMs: 9_000,
  leastMs: 0,
  first: false,
  failure: 0,
  ...more,
});
export const acquired = (login: number): BeginAnswer => ({ kind: 'acquired', login });
export const loggedIn = (): LoginResult => ({
  jar: createJar(),
  values: {},
  credentialVersionId: 'v1',
  loginInfo: { login_time: '', attempts: 1, duration_ms: 1 },
});
export const outOfTime = () => Promise.reject(new GatewayError('DEADLINE_EXCEEDED', 'out of time'));
export const refusing = () =>
  Promise.reject(new GatewayError('CAPTCHA_FAILED', 'no captcha answer was accepted'));

type Answer = BeginAnswer | Error | Promise<BeginAnswer>;

export interface Scene {
  answers: Answer[];
  solvers?: string[];
  questions?: number;
  withoutLogin?: boolean;
  login?: (input: LoginInput) => Promise<LoginResult>;
  credentials?: () => Promise<{ versionId: string; values: Record<string, string> }>;
  backup?: ReturnType<typeof stored>;
  lockedUntil?: number;
  /** A later session was stored while the login ran. */
  overtaken?: boolean;
  startInBackground?: () => Promise<void>;
}

/** A process whose time passes only while it sleeps, and whose Redis answers these, in order. */
export function scene({
  answers,
  solvers,
  questions = 0,
  withoutLogin,
  login = () => Promise.resolve(loggedIn()),
  ...more
}: Scene) {
  const slept: number[] = [];
  const clock = {
    at: NOW,
    now: () => clock.at,
    sleep: (ms: number, signal?: AbortSignal) => {
      // Who waits for a login of this process waits until it is told to stop.
      if (signal) return new Promise<void>((_, reject) => signal.addEventListener('abort', reject));
      slept.push(ms);
      clock.at += ms;
      return Promise.resolve();
    },
  };
  const begun: BeginRequest[] = [];
  const runs: LoginInput[] = [];
  const seen = {
    forgotten: [] as string[],
    raised: 0,
    resolved: [] as string[],
    background: 0,
    claimsDropped: 0,
  };
  const counted = () => Promise.resolve({ refusals: 3, lockedUntil: more.lockedUntil ?? 0 });
  const store = {
    open: () => Promise.resolve(),
    begin: async (_: unknown, request: BeginRequest) => {
      begun.push(request);
      const answer = answers.shift() ?? new Error('asked too often');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    store: () => Promise.resolve(!more.overtaken),
    fail: counted,
    release: counted,
    backup: () => Promise.resolve(more.backup),
    forgetBackground: () => Promise.resolve(void (seen.claimsDropped += 1)),
  } as unknown as Store;
  const credentials = {
    current: more.credentials ?? (() => Promise.resolve({ versionId: 'v1', values: {} })),
    forget: (code: string) => void seen.forgotten.push(code),
  } as unknown as CredentialStore;
  const memory = createMemory({ credentials, clock });
  const fleet = createFleet({
    store,
    memory,
    login: {
      run: (input) => (runs.push(input), login(input)),
      refresh: () => Promise.reject(new Error('unused')),
    },
    credentials,
    alerts: {
      raise: () => Promise.resolve(void (seen.raised += 1)),
      resolve: (kind) => Promise.resolve(void seen.resolved.push(kind)),
    },
    clock,
    random: { ...systemRandom, fraction: () => 0.25 },
    startInBackground: () => {
      seen.background += 1;
      return more.startInBackground?.() ?? Promise.resolve();
    },
  });
  const service = serviceOf(withoutLogin ? {} : { auth: { login: LOGIN } });
  const recipe = service.definition.auth.login;
  if (recipe && solvers)
    recipe.captcha = { path: '/captcha', codetype: 1004, solvers, maxAttempts: 1 } as never;
  if (recipe)
    recipe.ask = Array.from({ length: questions }, (_, n) => ({ name: `q${n}`, prompt: 'SMS code' }));
  const obtain = (ms: number, request: Partial<SessionRequest> = {}) =>
    fleet.obtain(service, {
      newerThan: 0,
      refused: false,
      force: false,
      trigger: 'call',
      deadline: { at: clock.at + ms },
      ...request,
    });
  const keep = async (login: number, lifeMs?: number) => {
    const { document, generation } = stored(login, lifeMs);
    return memory.keep(memory.at(service), await memory.prepare(service, document, generation));
  };
  return { clock, slept, begun, runs, seen, obtain, keep, service, slot: memory.at(service) };
}
