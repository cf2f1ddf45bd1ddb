/** The partner of one run: the shipped URS under a name and a webhook path of its own, played by the sandbox. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../sandbox/index.ts';
import { done, register } from './api.ts';
import { CACHE_SECONDS } from './services.ts';
import type { DemoStack } from './stack.ts';

export interface DemoPartner {
  code: string;
  /** Where its webhooks go. */
  webhookUrl: string;
  /** First user id of this run; further ids follow it. */
  firstUser: number;
  remove(): Promise<void>;
}

interface Shipped {
  operations: { userTeam: object; userInfo: object; userLevelCount: object };
  webhook: object;
}

const FILE = join(import.meta.dirname, '../../services/urs-promotion.json');
/** Far above the sandbox's people; a run has a hundred of its own. */
const FIRST_USER = 1_000_000_000;

/** @param run hexadecimal: distinguishes this run's users and orders from those of others */
export async function registerPartner(stack: DemoStack, sandbox: Sandbox, run: string): Promise<DemoPartner> {
  const code = `DEMO_URS_${run}`;
  const path = `demo-urs-${run.toLowerCase()}`;
  const { webhook, ...shipped } = JSON.parse(readFileSync(FILE, 'utf8')) as Shipped;
  const { userTeam, userInfo, userLevelCount } = shipped.operations;
  const soonOld = { cacheSeconds: CACHE_SECONDS, staleSeconds: 3_600 };
  const urs = {
    ...shipped,
    baseUrl: sandbox.services.URS_PROMOTION.baseUrl,
    operations: {
      userInfo: { ...userInfo, ...soonOld },
      userTeam: { ...userTeam, ...soonOld },
      userLevelCount: { ...userLevelCount, ...soonOld },
    },
    retry: { networkTimeout: { attempts: 1, delaysSeconds: [0.2] } },
  };
  const rateLimit = { limit: 100_000, windowSeconds: 60 };
  const credentials = sandbox.credentials.URS_PROMOTION;

  await register(
    stack,
    { ...urs, code, webhook: { ...webhook, path, rateLimit } } as { code: string },
    credentials,
  );

  return {
    code,
    webhookUrl: `${stack.url}/webhook/${path}`,
    firstUser: FIRST_USER + 100 * Number.parseInt(run, 16),
    remove: async () => void (await done(stack, 'DELETE', `/v1/admin/services/${code}`)),
  };
}
