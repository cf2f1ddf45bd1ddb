/**
 * What the functions ask of DynamoDB against what serverless.yml grants them. Every end-to-end test on `startGatehouse`
 * is held to it; here are the ways that the others do not take.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledger } from '../../functions/wiring/ledger.ts';
import { readGrants } from '../faults/grants.ts';
import { startDynamoDbWire } from '../faults/dynamodb-wire.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { deposit } from '../integration/ledger/books.ts';
import { deliver, seal } from '../urs-partner.ts';

const appKey = randomBytes(16).toString('hex');
const table = (name: string) => `gatehouse-local-${name}`;

describe('the roles of serverless.yml', () => {
  let gatehouse: Gatehouse;
  let isStopped = false;
  beforeAll(async () => {
    gatehouse = await startGatehouse();
    await gatehouse.register(
      {
        code: 'URS_PROMOTION',
        name: 'URS',
        baseUrl: 'http://127.0.0.1:9/api',
        auth: { type: 'SIGNATURE' },
        webhook: { path: 'urs', rateLimit: { limit: 1_000, windowSeconds: 60 } },
        settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
      },
      { appKey },
    );
  });
  afterAll(async () => {
    if (!isStopped) await gatehouse.stop();
  });

  const send = (action: string, payload: object) =>
    deliver(`${gatehouse.url}/webhook/urs/${action}`, seal(payload, appKey));

  it('let a trial balance of more than 100 balances be read, deeply too, and the statement of a house (M1)', async () => {
    for (let user = 1_001; user <= 1_101; user++) await ledger().post(deposit(user, '1'));
    for (const path of ['/v1/admin/ledger/trial-balance', '/v1/admin/ledger/trial-balance?deep=true']) {
      const answer = await gatehouse.ask('GET', path);
      expect([answer.status, answer.at('balanced')]).toEqual([200, true]);
    }
    expect((await gatehouse.ask('GET', '/v1/accounts/house:15/entries')).status).toBe(200);
    for (const used of ['admin dynamodb:BatchGetItem', 'admin dynamodb:Scan']) {
      expect(gatehouse.permissionsUsed).toContain(`${used} ${table('ledger')}`);
    }
    expect(gatehouse.permissionsUsed).toContain(`proxy dynamodb:Query ${table('ledger')}/index/byHouse`);
  });

  it('let a webhook move money, refuse it, and move a user in the tree (M1)', async () => {
    const order = { userId: 200, usdtAmount: 1 };
    expect((await send('deposit', { ...order, transactionId: 'd' })).status).toBe(200);
    expect((await send('withdraw', { ...order, usdtAmount: 9, transactionId: 'w' })).status).toBe(422);
    for (const superiors of [[301, 302], [302], []])
      expect((await send('register', { uid: 300, superiors })).status).toBe(200);
    for (const used of ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'])
      expect(gatehouse.permissionsUsed).toContain(`webhook dynamodb:${used} ${table('users')}`);
  });

  it('grant everything that the functions have asked for here', async () => {
    isStopped = true;
    await expect(gatehouse.stop()).resolves.toBeUndefined();
  });
});

it('a missing grant is refused as on AWS, and named at the end (M1)', async () => {
  const grants = readGrants('dev');
  expect(grants['admin']).toContain('dynamodb:BatchGetItem gatehouse-dev-ledger');
  const less = new Set(grants['admin']);
  less.delete('dynamodb:BatchGetItem gatehouse-dev-ledger');
  const wire = await startDynamoDbWire({
    upstream: 'http://127.0.0.1:9',
    stage: 'dev',
    grantsOf: () => ({ name: 'admin', grants: less }),
  });
  const answer = await fetch(wire.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'DynamoDB_20120810.BatchGetItem' },
    body: JSON.stringify({ RequestItems: { 'gatehouse-dev-ledger': { Keys: [] } } }),
  });
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringContaining('AccessDeniedException'),
  ]);
  await expect(wire.stop()).rejects.toThrow('admin dynamodb:BatchGetItem gatehouse-dev-ledger');
});
