/** Sessions without a platform: logins that come to what a test says, while time stands still. */
import { CookieJar } from 'tough-cookie';
import type { LoginInput, LoginResult, LoginRunner } from '../../../../lib/platforms/login/login.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import type { BeginRequest } from '../../../../lib/platforms/session/begin.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { Redis } from '../../../../lib/vendors/redis/redis.ts';
import { serviceAt, uniqueCode } from './scene.ts';

export const NOW = Date.parse('2026-11-21T04:00:00Z');

/** Moves when somebody sleeps; who may lose interest in a sleep sleeps until then. */
export function standingClock(): Clock & { at: number } {
  const clock = {
    at: NOW,
    now: () => clock.at,
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (!signal) clock.at += ms;
      else
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
    },
  };
  return clock;
}

export interface Recipes extends LoginRunner {
  /** Logins, and renewals in place of one. */
  logins: LoginInput[];
  refreshes: unknown[][];
  /** What happens while one is made: the login has failed when it throws. */
  during: () => Promise<void>;
  duringRefresh: () => Promise<void>;
  /** What the platform says of the end of what it gave. */
  expiresInSeconds: number | undefined;
}

/** The n-th to get in has the cookie `sid=sN` and the value `token`: `tN`. */
export function scriptedRecipes(): Recipes {
  const idle = () => Promise.resolve();
  const recipes: Recipes = {
    logins: [],
    refreshes: [],
    during: idle,
    duringRefresh: idle,
    expiresInSeconds: undefined,
    run: async (input) => {
      recipes.logins.push(input);
      await recipes.during();
      return result();
    },
    refresh: async (...asked) => {
      recipes.refreshes.push(asked);
      await recipes.duringRefresh();
      return result();
    },
  };
  let count = 0;
  function result(): LoginResult {
    count += 1;
    const jar = new CookieJar();
    jar.setCookieSync(`sid=s${count}; Path=/`, 'http://127.0.0.1:1/');
    return {
      jar,
      values: { token: `t${count}` },
      expiresInSeconds: recipes.expiresInSeconds,
      credentialVersionId: 'v1',
      loginInfo: { login_time: '', attempts: 1, duration_ms: 1 },
    };
  }
  return recipes;
}

export const failWith = (code: GatewayError['code']) => () => Promise.reject(new GatewayError(code, 'no'));

const LOGIN = { submit: { path: '/login', fields: {} }, success: { status: 302 } };

/** @param login beside form and success. */
export const serviceWith = (login: object = {}, auth: object = {}): PlatformService =>
  serviceAt('http://127.0.0.1:1', uniqueCode(), {
    sessionHeaders: {},
    lockout: { failures: 3, seconds: 600 },
    ...auth,
    login: { ...LOGIN, ...login },
  } as object);

/** The same Redis, until it is away. */
export function severable(redis: Redis): Redis & { away: boolean } {
  const severed = { away: false } as Redis & { away: boolean };
  for (const [name, method] of Object.entries(redis)) {
    const call = method as (...args: unknown[]) => Promise<unknown>;
    Object.assign(severed, {
      [name]: async (...args: unknown[]) => {
        if (severed.away) throw new GatewayError('STORE_UNAVAILABLE', 'away');
        return call(...args);
      },
    });
  }
  return severed;
}

export const beginning = (owner: string, more: Partial<BeginRequest> = {}): BeginRequest => ({
  owner,
  leaseMs: 60_000,
  newerThan: 0,
  refused: false,
  highestLogin: 0,
  seenFailure: undefined,
  credentialVersion: 'v1',
  tag: 't',
  now: NOW,
  budgetMs: 30_000,
  neededMs: 3_000,
  force: false,
  paysCaptcha: false,
  ...more,
});
