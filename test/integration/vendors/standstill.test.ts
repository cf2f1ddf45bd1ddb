import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPeer } from '../../peer.ts';
import { startRelay } from '../../relay.ts';
import type { Relay } from '../../relay.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import type { Addresses } from './stopped-process.ts';

const CLIENTS = ['DynamoDB', 'Redis', 'SecretsManager', 'Lambda', 'platform', 'platformWrite'];
/** What shows a call that waits on a dead connection; the clients' own limits are 60 s. */
const PROMPTLY_MS = 15_000;

let stores: TestStores;
const relays: Relay[] = [];
const stops: (() => Promise<void>)[] = [];
let child: ChildProcess;

beforeAll(async () => {
  stores = await openStores();
  const platform = await startPeer((_request, response) => void response.end('fine'));
  const lambda = await startPeer((_request, response) => void response.writeHead(202).end());
  stops.push(
    () => platform.stop(),
    () => lambda.stop(),
    () => stores.close(),
  );
  const relayed = async (url: string) => {
    const relay = await startRelay(url);
    relays.push(relay);
    return relay.url;
  };
  const { config, names, env } = stores;
  const addresses: Addresses = {
    region: config.region,
    dynamodb: await relayed(config.endpoints.dynamodb!),
    table: names.tables.records,
    secrets: await relayed(config.endpoints.secretsManager!),
    secret: names.secrets.sessionKey,
    lambda: await relayed(lambda.url),
    redis: { ...config.redis, url: await relayed(config.redis.url) },
    platform: await relayed(platform.url),
  };
  child = fork(new URL('stopped-process.ts', import.meta.url), [JSON.stringify(addresses)], {
    env: { ...process.env, ...env },
  });
  await once(child, 'message');
});
afterAll(async () => {
  child.kill('SIGKILL');
  for (const relay of relays) await relay.stop();
  for (const stop of stops) await stop();
});

/** Uses each client `times` at once, and answers what came of it. */
async function use(times: number): Promise<string[]> {
  const outcomes: string[] = [];
  const done = new Promise<void>((resolve) => {
    child.on('message', ({ name, outcome }: { name: string; outcome: string }) => {
      outcomes.push(`${name} ${outcome}`);
      if (outcomes.length === CLIENTS.length * times) resolve();
    });
  });
  for (const name of CLIENTS) for (let n = 0; n < times; n += 1) child.send(name);
  await Promise.race([done, sleep(PROMPTLY_MS, undefined, { ref: false })]);
  child.removeAllListeners('message');
  return [...new Set(outcomes)].sort();
}

const ALL_WELL = CLIENTS.map((name) => `${name} ok`).sort();

// Real time passes: that is what a stopped process and the kernel's sockets go by.
it.each([2, 6])(
  'after a standstill of %i s in which its connections died without a word, the first call succeeds (W3)',
  async (seconds) => {
    expect(await use(3)).toEqual(ALL_WELL);
    child.kill('SIGSTOP');
    for (const relay of relays) relay.loseConnections();
    await sleep(seconds * 1_000);
    child.kill('SIGCONT');
    expect(await use(1)).toEqual(ALL_WELL);
  },
  60_000,
);
