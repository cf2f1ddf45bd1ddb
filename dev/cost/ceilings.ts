/** How near a load is to what each component can take. */
import * as fact from './facts.ts';
import type { Load } from './load.ts';
import { ratesOf } from './rates.ts';
import { runsOf } from './usage.ts';

export interface Ceiling {
  what: string;
  used: number;
  limit: number;
  unit: string;
}

/** AWS's and Upstash's own, as they are unless raised, and this product's: docs/scale.md says where each comes from. */
const LIMITS = {
  accountConcurrency: 1_000,
  apiRequestsPerSecond: 10_000,
  /** serverless.yml: `ThrottlingRateLimit` of all routes together, of each of the two webhook routes. */
  stageRequestsPerSecond: 1_000,
  webhookRouteRequestsPerSecond: 500,
  proxyConcurrency: 400,
  webhookConcurrency: 100,
  partitionWrites: 1_000,
  transfersPerHouseShard: 500,
  /** `npm run house-queue -- --summary`: the most at which 99 of 100 settle within a second. */
  quickTransfersPerHouseShard: 100,
  callLogShards: 4,
  tableWrites: 40_000,
  redisCommandsPerSecond: 10_000,
} as const;

export function ceilingsOf(load: Load): Ceiling[] {
  const rates = ratesOf(load);
  const runs = runsOf(load, rates, { schedules: 2 });
  const busy = (name: string) => runs.find((run) => run.name === name)?.busy ?? 0;
  const all = runs.reduce((total, run) => total + run.busy, 0);
  const busiest = load.services > 0 ? rates.calls / load.services : 0;
  const units = Math.ceil((fact.CALL_ITEM_BYTES + load.recordBytes) / fact.KB);
  return [
    ceiling('Lambda: the account, runs at a time', all, LIMITS.accountConcurrency, 'runs'),
    ceiling('Lambda: proxyConcurrency', busy('proxy'), LIMITS.proxyConcurrency, 'runs'),
    ceiling('Lambda: webhookConcurrency', busy('webhook'), LIMITS.webhookConcurrency, 'runs'),
    ceiling('API Gateway: the account', rates.calls + rates.webhooks, LIMITS.apiRequestsPerSecond, '/s'),
    ceiling(
      'API Gateway: all routes (ThrottlingRateLimit)',
      rates.calls + rates.webhooks,
      LIMITS.stageRequestsPerSecond,
      '/s',
    ),
    ceiling('API Gateway: one webhook route', rates.webhooks, LIMITS.webhookRouteRequestsPerSecond, '/s'),
    ceiling(
      'the house, shards × 500: the items',
      rates.webhooks,
      load.houseShards * LIMITS.transfersPerHouseShard,
      '/s',
    ),
    ceiling(
      'the house, shards × 100: p99 below 1 s',
      rates.webhooks,
      load.houseShards * LIMITS.quickTransfersPerHouseShard,
      '/s',
    ),
    ceiling(
      'the call log of one service, 4 partitions',
      busiest * units,
      LIMITS.callLogShards * LIMITS.partitionWrites,
      'WCU',
    ),
    ceiling('DynamoDB: writes of a table', rates.webhooks * fact.SETTLE_UNITS, LIMITS.tableWrites, 'WCU'),
    ceiling(
      'one subscription, 10 on the wire at 100 ms',
      rates.webhooks,
      (fact.DELIVERIES_AT_ONCE * 1_000) / fact.SUBSCRIBER_MS,
      '/s',
    ),
    ceiling('Upstash: commands', rates.calls + rates.webhooks, LIMITS.redisCommandsPerSecond, '/s'),
  ];
}

const ceiling = (what: string, used: number, limit: number, unit: string): Ceiling => ({
  what,
  used,
  limit,
  unit,
});
