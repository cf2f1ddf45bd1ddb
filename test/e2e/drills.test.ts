/**
 * Drills (SPEC 12): each store, URS, a poisoned stream, a leaked key, a backup. What rings, what is lost (nothing), how it heals.
 * Stores are cut off at the wire; what rings is read from the template.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startLocal } from '../../dev/local.ts';
import type { LocalStack } from '../../dev/local.ts';
import { startStores } from '../../dev/stores/index.ts';
import type { Stores } from '../../dev/stores/index.ts';
import { connectDocuments } from '../../lib/vendors/dynamodb/documents.ts';
import type { Documents, Item, Key } from '../../lib/vendors/dynamodb/documents.ts';
import { ringing } from '../alarms.ts';
import { startRelay } from '../relay.ts';
import type { Relay } from '../relay.ts';
import { deliver, seal } from '../urs-partner.ts';

const STAGE = 'local';
const LEDGER = 'gatehouse-local-ledger';
const EVENTS = 'gatehouse-local-events';
const USDT = 300;
const ENDPOINTS = {
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  redis: 'UPSTASH_REDIS_REST_URL',
  secretsManager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
} as const;

const appKey = randomBytes(16).toString('hex');
let stores: Stores;
let wires: Record<keyof typeof ENDPOINTS, Relay>;
let stack: LocalStack;
let documents: Documents;
/** What users must have, by what was answered 200. */
const owed = new Map<number, number>();

beforeAll(async () => {
  stores = await startStores({ dataDir: 'memory', env: { GATEHOUSE_STAGE: STAGE } });
  const relayed = Object.entries(ENDPOINTS).map(
    async ([store, name]) => [store, await startRelay(stores.env[name]!)] as const,
  );
  wires = Object.fromEntries(await Promise.all(relayed)) as typeof wires;
  const urls = Object.entries(ENDPOINTS).map(([store, name]) => [
    name,
    wires[store as keyof typeof wires].url,
  ]);
  stack = await startLocal({
    port: 0,
    dataDir: 'memory',
    sandbox: false,
    env: { ...process.env, ...stores.env, ...Object.fromEntries(urls), LOG_LEVEL: 'INFO' },
  });
  documents = connectDocuments({ region: 'us-east-1', endpoint: stores.env[ENDPOINTS.dynamodb]! });
  await register(
    'URS_PROMOTION',
    {
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs', rateLimit: { limit: 10_000, windowSeconds: 60 } },
      settings: { ecologyId: 1, diamondRatio: USDT },
      operations: {
        info: { method: 'POST', path: '/info', params: { type: 'object', additionalProperties: false } },
      },
    },
    { appKey },
  );
  await deposited(1, 'first');
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  for (const wire of Object.values(wires ?? {})) await wire.stop();
  await stores?.stop();
});

async function ask(method: string, path: string, body?: object, key = stack.adminKey) {
  const response = await fetch(stack.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

async function register(code: string, parts: object, credentials: object): Promise<void> {
  const path = `/v1/admin/services/${code}`;
  const put = await ask('PUT', path, { code, name: code, baseUrl: 'http://127.0.0.1:9', ...parts });
  expect(put).toMatchObject({ status: 201 });
  expect(await ask('PUT', `${path}/credentials`, credentials)).toMatchObject({ status: 200 });
}

const deposit = (userId: number, transactionId: string) =>
  deliver(`${stack.url}/webhook/urs/deposit`, seal({ userId, usdtAmount: '1', transactionId }, appKey));

/** Sends it, as a partner does, until it is answered 200. */
async function deposited(userId: number, transactionId: string) {
  const answer = await deposit(userId, transactionId);
  expect([transactionId, answer.status]).toEqual([transactionId, 200]);
  if (!answer.json.replayed) owed.set(userId, (owed.get(userId) ?? 0) + USDT);
  return answer;
}

/** Every user has what was promised, and all books add up. */
async function nothingIsLost(): Promise<void> {
  for (const [user, balance] of owed) {
    const { json } = await ask('GET', `/v1/accounts/user:${user}`);
    expect([user, json['balance']]).toEqual([user, String(balance)]);
  }
  const { json } = await ask('GET', '/v1/admin/ledger/trial-balance?deep=true');
  expect(json).toMatchObject({ total: '0', balanced: true });
}

interface Minute {
  errors: Record<string, unknown>[];
  rings: string[];
}

/** Does something, then lets `monitor` look: what was written meanwhile. */
async function minute(run: () => Promise<unknown> = async () => undefined): Promise<Minute> {
  let text = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    }),
  );
  try {
    await run();
    await stack.host.functions.invoke('monitor', { source: 'aws.events' }).catch(() => undefined);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    errors: lines.filter(({ level }) => level === 'ERROR'),
    rings: ringing(
      STAGE,
      lines.filter((line) => '_aws' in line),
    ),
  };
}

const QUIET: Minute = { errors: [], rings: [] };
const storesIn = (errors: Minute['errors']) =>
  errors.flatMap(({ store }) => (store === undefined ? [] : [store]));

it('all is quiet while nothing is wrong', async () => {
  expect(await minute()).toEqual(QUIET);
  await nothingIsLost();
});

it('DynamoDB away: webhooks are answered 503 and rung for; what is sent again settles once', async () => {
  wires.dynamodb.cut();
  const { errors, rings } = await minute(async () => {
    expect((await deposit(2, 'dynamodb-1')).status).toBe(503);
  });
  wires.dynamodb.mend();
  expect(storesIn(errors)).toEqual(['dynamodb']);
  expect(errors.map(({ code }) => code)).toContain('STORE_UNAVAILABLE');
  expect(rings).toEqual(expect.arrayContaining(['webhook-5xx', 'dynamodb-away']));
  await deposited(2, 'dynamodb-1');
  expect((await deposited(2, 'dynamodb-1')).json.replayed).toBe(true);
  await nothingIsLost();
  expect(await minute()).toEqual(QUIET);
}, 120_000);

it('Redis away: money moves all the same, and it rings', async () => {
  wires.redis.cut();
  const { errors, rings } = await minute(() => deposited(3, 'redis-1'));
  wires.redis.mend();
  expect(storesIn(errors)).toEqual(['redis']);
  expect(rings).toEqual(['redis-away']);
  expect((await deposited(3, 'redis-1')).json.replayed).toBe(true);
  await nothingIsLost();
  expect(await minute()).toEqual(QUIET);
}, 60_000);

it('Secrets Manager away: warm processes go on, and it rings', async () => {
  await deposited(4, 'secrets-0');
  wires.secretsManager.cut();
  const { errors, rings } = await minute(() => deposited(4, 'secrets-1'));
  wires.secretsManager.mend();
  expect(storesIn(errors)).toEqual(['secretsManager']);
  expect(rings).toEqual(['secrets-away']);
  await nothingIsLost();
  expect(await minute()).toEqual(QUIET);
}, 60_000);

it('URS away: calls to it are answered 503 and rung for; its webhooks go on', async () => {
  const { errors, rings } = await minute(async () => {
    const calls = Array.from({ length: 20 }, () =>
      ask('POST', '/v1/services/URS_PROMOTION/operations/info', { params: {} }),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([503]));
    await deposited(5, 'urs-1');
  });
  expect(errors).toHaveLength(20);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['PLATFORM_UNAVAILABLE']));
  expect(rings).toEqual(['call-routes-5xx']);
  await nothingIsLost();
}, 60_000);

it('poison on the stream: passed over and rung for; what comes after it is told', async () => {
  const poison = { pk: 'EVENT#poison', sk: 'EVENT' };
  await documents.put(EVENTS, { ...poison, type: 'transfer.settled', at: 'never' });
  const firing = async () => {
    const { json } = await ask('GET', '/v1/admin/alerts?state=firing');
    return (json['items'] as { id: string; kind: string }[]).filter(
      ({ kind }) => kind === 'EVENT_UNREADABLE',
    );
  };
  await vi.waitFor(async () => expect(await firing()).toHaveLength(1), { timeout: 20_000 });
  const { rings } = await minute(() => deposited(6, 'poison-1'));
  expect(rings).toContain('critical-alerts');
  await vi.waitFor(
    async () => {
      const { items } = await documents.scan({ table: EVENTS });
      expect(items.filter((item) => JSON.stringify(item).includes('poison-1')).length).toBeGreaterThan(0);
    },
    { timeout: 20_000 },
  );
  await documents.delete(EVENTS, poison);
  for (const { id } of await firing()) {
    expect(await ask('POST', `/v1/admin/alerts/${id}/acknowledge`)).toMatchObject({ status: 200 });
  }
  await nothingIsLost();
  expect((await minute()).rings).toEqual([]);
}, 90_000);

it('a leaked key is dead within seconds of its revocation; what it did is found', async () => {
  const made = await ask('POST', '/v1/admin/keys', { name: 'leaked', role: 'caller' });
  const { key, id } = made.json as { key: string; id: string };
  expect((await ask('GET', '/v1/accounts/user:1', undefined, key)).status).toBe(200);
  expect((await ask('DELETE', `/v1/admin/keys/${id}`)).status).toBe(204);
  await vi.waitFor(
    async () => expect((await ask('GET', '/v1/accounts/user:1', undefined, key)).status).toBe(401),
    { timeout: 10_000 },
  );
  const { json } = await ask('GET', '/v1/admin/audit');
  expect(JSON.stringify(json['items'])).toContain(id);
  expect(JSON.stringify(json)).not.toContain(key);
  await nothingIsLost();
}, 30_000);

it('restored from a backup, the books are whole; what partners send again settles once', async () => {
  const all = async (): Promise<Item[]> => {
    const items: Item[] = [];
    for (let startKey: Item | undefined, first = true; first || startKey; first = false) {
      const page = await documents.scan({
        table: LEDGER,
        consistent: true,
        ...(startKey ? { startKey } : {}),
      });
      items.push(...page.items);
      startKey = page.lastKey;
    }
    return items;
  };
  const keyOf = ({ pk, sk }: Item) => ({ pk, sk }) as Key;
  await nothingIsLost();
  const backup = await all();
  await deposited(7, 'after-the-backup');
  // A restored table has a stream of its own: what the old one had to say of this deposit has been said.
  await vi.waitFor(
    async () => {
      const pages = (await all()).filter(({ sk }) => String(sk).startsWith('PAGE#'));
      expect(JSON.stringify(pages)).toContain('after-the-backup');
    },
    { timeout: 20_000 },
  );
  // The table is as it was; a row that is as it was is left alone, as a restored table's stream has nothing of it.
  const nameOf = (item: Item) => JSON.stringify(keyOf(item));
  const later = new Map((await all()).map((item) => [nameOf(item), item]));
  for (const item of backup) {
    if (!isDeepStrictEqual(later.get(nameOf(item)), item)) await documents.put(LEDGER, item);
    later.delete(nameOf(item));
  }
  for (const item of later.values()) await documents.delete(LEDGER, keyOf(item));
  expect(new Set((await all()).map(nameOf))).toEqual(new Set(backup.map(nameOf)));
  owed.delete(7);
  await nothingIsLost();
  expect((await ask('GET', '/v1/accounts/user:7')).json['balance']).toBe('0');

  expect((await deposited(7, 'after-the-backup')).json.replayed).toBeUndefined();
  expect((await deposited(1, 'first')).json.replayed).toBe(true);
  await nothingIsLost();
  const { json: proof } = await ask('GET', '/v1/admin/ledger/verify?book=main');
  expect(proof).toMatchObject({ ok: true, violations: [] });
  expect((await ask('GET', '/v1/admin/alerts?state=firing')).json).toEqual({ items: [] });
  expect((await minute()).rings).toEqual([]);
}, 90_000);
