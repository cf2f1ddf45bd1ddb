/** What session tests share: a platform with real cookies over real HTTP, and processes that use it. */
import { createSecretKey } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CookieJar } from 'tough-cookie';
import type { AlertInput, Alerts } from '../../../../lib/watch/alerts/alerts.ts';
import type { CredentialStore } from '../../../../lib/access/credentials/credentials.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../../../lib/runtime/errors.ts';
import type { LoginRunner } from '../../../../lib/platforms/login/login.ts';
import type { Redis } from '../../../../lib/vendors/redis/redis.ts';
import { Definition } from '../../../../lib/registry/definition.ts';
import type { DefinitionInput } from '../../../../lib/registry/definition.ts';
import { asPlatform } from '../../../../lib/platforms/definition.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { createSessions } from '../../../../lib/platforms/session/create-sessions.ts';
import type { SessionsDeps } from '../../../../lib/platforms/session/create-sessions.ts';
import type { DerivedKey } from '../../../../lib/vendors/secrets/derived-keys.ts';

/** Runs with the real clock, and can be set forward. */
export function shiftedClock(): Clock & { shift(ms: number): void } {
  let offset = 0;
  return { ...systemClock, now: () => Date.now() + offset, shift: (ms) => void (offset += ms) };
}

export const vaultKey: DerivedKey = { id: 'k1', key: createSecretKey(Buffer.alloc(32, 7)) };

let count = 0;
/** A code nobody else's test uses: Redis is shared. */
export function uniqueCode(prefix = 'S'): string {
  count += 1;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${count}`.toUpperCase();
}

type AuthInput = Omit<Extract<DefinitionInput['auth'], { type: 'SESSION' }>, 'type' | 'login'>;

export function serviceAt(baseUrl: string, code = uniqueCode(), auth: AuthInput = {}): PlatformService {
  const definition = Definition.parse({
    code,
    name: code,
    baseUrl,
    operations: { keepalive: { method: 'GET', path: '/heartbeat' } },
    auth: {
      type: 'SESSION',
      login: { submit: { path: '/login', fields: {} }, success: { status: 302 } },
      sessionHeaders: { 'X-CSRFToken': '{{cookie.csrf}}' },
      ...auth,
    },
  } satisfies DefinitionInput);
  return asPlatform({ definition, revision: 1, createdAt: '', updatedAt: '' })!;
}

export interface Platform {
  url: string;
  captchas: number;
  logins: number;
  /** How long a login takes, milliseconds. */
  loginMs: number;
  /** Why the next logins fail; `undefined`: they do not. */
  failing: ErrorCode | undefined;
  /** Every session known is forgotten. */
  expire(): void;
  /** Sessions the platform knows. */
  sessions: Set<string>;
  close(): Promise<void>;
}

/** Knows its sessions by cookie; a login costs a captcha. */
export async function startPlatform(): Promise<Platform> {
  const platform: Platform = {
    url: '',
    captchas: 0,
    logins: 0,
    loginMs: 0,
    failing: undefined,
    sessions: new Set(),
    expire: () => platform.sessions.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((incoming, outgoing) => {
    const sid = /sid=([^;]+)/.exec(incoming.headers.cookie ?? '')?.[1] ?? '';
    if (incoming.url === '/captcha') {
      platform.captchas += 1;
      outgoing.setHeader('set-cookie', 'captcha=1; Path=/').end('image');
    } else if (incoming.url === '/login') {
      platform.logins += 1;
      setTimeout(() => {
        if (platform.failing) {
          outgoing.writeHead(200).end(platform.failing);
          return;
        }
        const fresh = `s${platform.logins}-${Math.random().toString(36).slice(2)}`;
        platform.sessions.add(fresh);
        outgoing.setHeader('set-cookie', [`sid=${fresh}; Path=/; HttpOnly`, `csrf=c-${fresh}; Path=/`]);
        outgoing.writeHead(302, { location: '/main' }).end();
      }, platform.loginMs);
    } else outgoing.writeHead(platform.sessions.has(sid) ? 200 : 401).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  platform.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return platform;
}

export function send(
  method: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; setCookies: string[]; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (incoming: IncomingMessage) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          setCookies: incoming.headers['set-cookie'] ?? [],
          text,
        }),
      );
    });
    outgoing.on('error', reject).end();
  });
}

/** Logs in over HTTP: captcha, then form, as a recipe would. */
function httpLogin(): LoginRunner {
  return {
    async run({ service }) {
      const { baseUrl } = service.definition;
      const jar = new CookieJar();
      const started = Date.now();
      const ask = async (method: string, path: string) => {
        const cookie = jar.getCookieStringSync(baseUrl + path);
        const answer = await send(method, baseUrl + path, cookie === '' ? {} : { cookie }).catch(() => {
          throw new GatewayError('PLATFORM_UNAVAILABLE', 'refused');
        });
        for (const line of answer.setCookies) jar.setCookieSync(line, baseUrl + path);
        return answer;
      };
      await ask('GET', '/captcha');
      const verdict = await ask('POST', '/login');
      if (verdict.status !== 302) throw new GatewayError(verdict.text as ErrorCode, 'no');
      return {
        jar,
        values: {},
        credentialVersionId: 'v1',
        loginInfo: {
          captcha_url: `${baseUrl}/captcha?token=secret`,
          login_time: new Date().toISOString(),
          attempts: 1,
          duration_ms: Date.now() - started,
        },
      };
    },
    refresh: () => Promise.reject(new Error('unused')),
  };
}

export function fixedCredentials(): CredentialStore & { version: string } {
  const store = {
    version: 'v1',
    current: () => Promise.resolve({ versionId: store.version, values: { token: 't0ken' } }),
    accounts: () => Promise.resolve({ list: [], secrets: [] }),
    valid: () => Promise.resolve([]),
    put: () => Promise.reject(new Error('unused')),
    retirePrevious: () => Promise.resolve(),
    describe: () => Promise.resolve([]),
    delete: () => Promise.resolve(),
    used: () => undefined,
    forget: () => undefined,
  };
  return store;
}

export function recordedAlerts(): Alerts & { raised: AlertInput[]; resolved: string[] } {
  const raised: AlertInput[] = [];
  const resolved: string[] = [];
  return {
    raised,
    resolved,
    raise: (alert) => Promise.resolve(void raised.push(alert)),
    resolve: (kind) => Promise.resolve(void resolved.push(kind)),
  };
}

/** One process of the fleet: memory of its own, Redis shared. */
export function processOf(redis: Redis, deps: Partial<SessionsDeps> = {}) {
  return createSessions({
    redis,
    vaultKeys: () => Promise.resolve([vaultKey]),
    login: httpLogin(),
    credentials: fixedCredentials(),
    alerts: recordedAlerts(),
    clock: systemClock,
    random: systemRandom,
    startInBackground: () => Promise.resolve(),
    ...deps,
  });
}

/** The same Redis, its calls counted. */
export function countingRedis(redis: Redis): Redis & { calls: number } {
  const counting = { calls: 0 } as Redis & { calls: number };
  for (const [name, method] of Object.entries(redis)) {
    const call = method as (...args: unknown[]) => unknown;
    Object.assign(counting, {
      [name]: (...args: unknown[]) => {
        counting.calls += 1;
        return call(...args);
      },
    });
  }
  return counting;
}

export const within = (ms: number, clock: Clock = systemClock) => ({ deadline: { at: clock.now() + ms } });

/** What the store is told of a login whose time was up before its form was sent. */
export const outOfTime = (owner: string, tookMs = 0) => ({
  owner,
  tookMs,
  refused: false,
  now: 0,
  credentialVersion: 'v1',
  lockout: { failures: 3, seconds: 600 },
});
