import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { runningFunction } from '../dev/host/functions.ts';

export interface RoundTrips {
  redis: number;
  dynamodb: number;
  secretsManager: number;
}

const BACKGROUND: ReadonlySet<string> = new Set(['publish', 'settle', 'monitor']);

/**
 * Counts what this process sends to its stores while `work` runs: Redis goes out by `fetch`, the AWS SDKs by
 * `node:http`. The addresses are those in the environment.
 */
export async function countRoundTrips(work: () => Promise<unknown>): Promise<RoundTrips> {
  const trips: RoundTrips = { redis: 0, dynamodb: 0, secretsManager: 0 };
  const hostOf = (name: string) => new URL(process.env[name]!).host;
  const byHost: Record<string, keyof RoundTrips> = {
    [hostOf('UPSTASH_REDIS_REST_URL')]: 'redis',
    [hostOf('AWS_ENDPOINT_URL_DYNAMODB')]: 'dynamodb',
    [hostOf('AWS_ENDPOINT_URL_SECRETS_MANAGER')]: 'secretsManager',
  };
  const count = (host: string | undefined) => {
    const store = byHost[host ?? ''];
    // What the streams have set off goes on beside: nobody waits for it.
    if (store && !BACKGROUND.has(runningFunction.getStore() ?? '')) trips[store] += 1;
  };
  const onHttp = (message: unknown) =>
    count(String((message as { request: ClientRequest }).request.getHeader('host')));
  // By `fetch` the local stack itself reads the streams of DynamoDB, as Lambda does on AWS.
  const onFetch = (message: unknown) => {
    const { host } = new URL((message as { request: { origin: string } }).request.origin);
    if (byHost[host] !== 'dynamodb') count(host);
  };
  diagnostics.subscribe('http.client.request.start', onHttp);
  diagnostics.subscribe('undici:request:create', onFetch);
  try {
    await work();
    return trips;
  } finally {
    diagnostics.unsubscribe('http.client.request.start', onHttp);
    diagnostics.unsubscribe('undici:request:create', onFetch);
  }
}
