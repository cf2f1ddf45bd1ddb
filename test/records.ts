/**
 * A little of everything, so that there is a record of every kind: done by an older version once for
 * `test/fixtures/older-records/`, and by this one for each test.
 */
import { names } from '../lib/runtime/config.ts';
import { askAws } from '../dev/stores/aws-json.ts';
import type { Gatehouse } from './gatehouse.ts';
import type { Peer } from './peer.ts';
import { deliver, seal } from './urs-partner.ts';

export const APP_KEY = '00112233445566778899aabbccddeeff';

export async function doEverything(gatehouse: Gatehouse, peer: Peer): Promise<void> {
  const ask = (method: string, path: string, body?: object) =>
    gatehouse.ask(method, `/v1/admin/${path}`, body ? { body } : {});
  const definition = {
    code: 'PEER',
    name: 'Peer',
    baseUrl: peer.url,
    auth: { type: 'BEARER' },
    operations: { get: { method: 'GET', path: '/get' }, fail: { method: 'GET', path: '/fail' } },
  };
  await gatehouse.register(definition, { token: 'a-token-of-the-peer' });
  await gatehouse.register({ ...definition, name: 'Peer again' });
  const events = await ask('POST', 'subscriptions', { url: `${peer.url}/events`, events: ['*'] });
  if (events.status !== 201) throw new Error(events.text);
  await ask('POST', 'alerts/channels', { name: 'chat', type: 'SLACK', url: `${peer.url}/services/T/B/x` });
  await ask('POST', 'users', { username: 'ann', role: 'operator', password: 'a password for tests' });
  await ask('POST', 'keys', { name: 'app', role: 'caller' });
  await gatehouse.call('PEER', 'get');
  await gatehouse.call('PEER', 'fail');
  await gatehouse.register(
    {
      code: 'URS_PROMOTION',
      name: 'URS',
      baseUrl: peer.url,
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs' },
      settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
    },
    { appKey: APP_KEY },
  );
  const send = (action: string, payload: object) =>
    deliver(`${gatehouse.url}/webhook/urs/${action}`, seal(payload, APP_KEY));
  await send('register', { uid: 7, superiors: [8] });
  await send('deposit', { userId: 7, usdtAmount: 2, transactionId: 'T1' });
  // Refused, and an alert: the same order with another amount.
  await send('deposit', { userId: 7, usdtAmount: 3, transactionId: 'T1' });
  await send('withdraw', { userId: 7, usdtAmount: 99, transactionId: 'T2' });
  await ask('POST', 'transfers', { userId: '7', amount: '5', reason: 'test', transactionId: 'A1' });
}

/** As DynamoDB writes it: `{ pk: { S: 'KEY' } }`. */
export type Row = Record<string, Record<string, unknown>>;
/** By table: `registry`. */
export type Rows = Record<string, Row[]>;

const ask = <T>(action: string, input: object) =>
  askAws<T>(
    { endpoint: process.env['AWS_ENDPOINT_URL_DYNAMODB']!, region: 'us-east-1', accessKeyId: 'local' },
    'dynamodb',
    `DynamoDB_20120810.${action}`,
    input,
  );
const tableOf = (stage: string, table: string) => `gatehouse-${stage}-${table}`;

/** Every item of each table of a stage. */
export async function readRows(stage: string): Promise<Rows> {
  const rows: Rows = {};
  for (const table of Object.keys(names(stage).tables)) {
    rows[table] = (await ask<{ Items: Row[] }>('Scan', { TableName: tableOf(stage, table) })).Items;
  }
  return rows;
}

/** As if they had been written a moment ago: none is past its time. */
export async function writeRows(stage: string, rows: Rows): Promise<void> {
  const later = { N: String(Math.floor(Date.now() / 1_000) + 3_600) };
  for (const [table, each] of Object.entries(rows)) {
    for (const row of each) {
      const timed = Object.keys(row).filter((name) => ['expiresAt', 'purgeAt'].includes(name));
      const Item = { ...row, ...Object.fromEntries(timed.map((name) => [name, later])) };
      await ask('PutItem', { TableName: tableOf(stage, table), Item });
    }
  }
}

export async function clearTables(stage: string): Promise<void> {
  for (const [table, each] of Object.entries(await readRows(stage))) {
    for (const { pk, sk } of each) {
      const Key = sk === undefined ? { pk } : { pk, sk };
      await ask('DeleteItem', { TableName: tableOf(stage, table), Key });
    }
  }
}
