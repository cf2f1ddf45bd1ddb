/** The services of one run: the shipped definitions under names of their own, pointed at the demo's sandbox. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../sandbox/index.ts';
import { done, register } from './api.ts';
import type { DemoStack } from './stack.ts';

export interface DemoServices {
  /** Code of the work-order platform. */
  platform: string;
  /** From now on the keepalive schedule looks after the session. */
  keepAlive(): Promise<void>;
  remove(): Promise<void>;
}

/** What the demo reads or changes of the shipped work-order definition. */
interface Shipped {
  auth: { login: { captcha: object }; keepalive?: object };
  operations: { getUserInfo: object };
}

const FOLDER = join(import.meta.dirname, '../../services');

const read = (name: string) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Shipped;

/** The demo's breaker; short, to avoid waiting. */
export const BREAKER = { failures: 3, openSeconds: 3 };
export const CACHE_SECONDS = 1;

/** @param run distinguishes this run's services, sessions and counters from those of others */
export async function registerServices(
  stack: DemoStack,
  sandbox: Sandbox,
  run: string,
): Promise<DemoServices> {
  const platform = `DEMO_WORK_ORDER_${run}`;
  const solver = `DEMO_CHAOJIYING_${run}`;
  const shipped = read('city-center-work-order.json');
  const { keepalive, ...auth } = shipped.auth;
  const workOrder = {
    ...shipped,
    code: platform,
    baseUrl: sandbox.services.CITY_CENTER_WORK_ORDER.baseUrl,
    auth: {
      ...auth,
      keyPrefix: `gateway:${platform.toLowerCase()}:`,
      login: { ...auth.login, captcha: { ...auth.login.captcha, solvers: [solver] } },
    },
    operations: {
      ...shipped.operations,
      getUserInfo: { ...shipped.operations.getUserInfo, cacheSeconds: CACHE_SECONDS, staleSeconds: 3_600 },
    },
    retry: { networkTimeout: { attempts: 1, delaysSeconds: [0.2] } },
    breaker: BREAKER,
  };
  const chaojiying = {
    ...read('chaojiying.json'),
    code: solver,
    baseUrl: sandbox.services.CHAOJIYING.baseUrl,
  };

  await register(stack, chaojiying, sandbox.credentials.CHAOJIYING);
  await register(stack, workOrder, sandbox.credentials.CITY_CENTER_WORK_ORDER);

  return {
    platform,
    keepAlive: async () => {
      const auth = { ...workOrder.auth, keepalive };
      await done(stack, 'PUT', `/v1/admin/services/${platform}`, { ...workOrder, auth });
    },
    remove: async () => {
      await done(stack, 'DELETE', `/v1/admin/services/${platform}`);
      await done(stack, 'DELETE', `/v1/admin/services/${solver}`);
    },
  };
}
