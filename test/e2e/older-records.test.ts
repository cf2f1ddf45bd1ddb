/**
 * D3: old and new code run side by side during a deployment, on the same tables. Records that older versions wrote (the
 * story of `test/records.ts`, as they told it) are read and carried on by this one; and what this one writes of that
 * story has all that theirs had.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendJson } from '../peer.ts';
import type { Gatehouse } from '../gatehouse.ts';
import type { Peer } from '../peer.ts';
import { APP_KEY, clearTables, doEverything, readRows, writeRows } from '../records.ts';
import type { Row, Rows } from '../records.ts';
import { deliver, seal } from '../urs-partner.ts';
import { withPeer } from '../with-peer.ts';

const VERSIONS = ['before-people', 'before-revisions', 'before-metrics'] as const;
const fixture = (version: string) => {
  const path = join(import.meta.dirname, `../fixtures/older-records/${version}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Rows;
};

let gatehouse: Gatehouse;
let peer: Peer;
withPeer((both) => ({ gatehouse, peer } = both));

const items = async (path: string) => {
  const answer = await gatehouse.ask('GET', `/v1/admin/${path}`);
  expect(answer.status, `${path}: ${answer.text}`).toBe(200);
  return answer.at<Record<string, unknown>[]>('items');
};
const EVER = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
const has = (rows: Rows, table: string, pk: string) =>
  (rows[table] ?? []).filter((row) => row['pk']!['S'] === pk).length;

describe.each(VERSIONS)('what a version %s wrote (D3)', (version) => {
  const rows = fixture(version);
  beforeAll(async () => {
    await clearTables('local');
    await writeRows('local', rows);
  });

  it('definitions, their revisions, keys and people', async () => {
    expect(await items('services')).toMatchObject([
      { code: 'PEER', name: 'Peer again', revision: 2 },
      { code: 'URS_PROMOTION', revision: 1 },
    ]);
    expect((await items('services/PEER/revisions')).at(0)).toMatchObject({ revision: 2 });
    expect(await items('keys')).toMatchObject([{ name: 'app', role: 'caller', createdBy: 'local' }]);
    expect(await items('users')).toHaveLength(has(rows, 'registry', 'USER'));
  });

  it('calls, deliveries, alerts and the audit', async () => {
    const calls = await items(`calls?${EVER}`);
    expect(calls.map(({ operation, status }) => [operation, status])).toEqual([
      ['fail', 502],
      ['get', 200],
    ]);
    const deliveries = await items(`deliveries?${EVER}`);
    expect(deliveries.map(({ action, verdict }) => `${action as string} ${verdict as string}`)).toEqual([
      'withdraw refused',
      'deposit refused',
      'deposit accepted',
      'register accepted',
    ]);
    const alerts = (rows['records'] ?? []).filter((row) => row['pk']!['S'] === 'ALERT');
    const subjects = alerts.map(
      (row) => expect.objectContaining({ subject: row['subject']!['S'] }) as object,
    );
    expect(await items('alerts')).toEqual(expect.arrayContaining(subjects));
    expect(await items('audit')).toHaveLength(has(rows, 'audit', 'AUDIT'));
    const verified = await gatehouse.ask('GET', '/v1/admin/audit/verify');
    expect([verified.status, verified.at('ok')]).toEqual([200, true]);
  });

  it('subscriptions, channels, and what is sent to them', async () => {
    const [subscription] = await items('subscriptions');
    expect(subscription).toMatchObject({ events: ['*'], enabled: true });
    const recipients = has(rows, 'events', 'SUBSCRIPTIONS');
    expect(await items('alerts/channels')).toHaveLength(recipients - 1);
    const told = await items(`subscriptions/${subscription!['id'] as string}/deliveries`);
    expect(told.map(({ type }) => type)).toContain('transfer.settled');
  });

  it('money and users, which go on from where they were', async () => {
    const transfer = await gatehouse.ask('GET', '/v1/transfers/T1');
    expect([transfer.status, transfer.json]).toMatchObject([200, { status: 'SETTLED', amount: '600' }]);
    expect((await gatehouse.ask('GET', '/v1/urs/users/7')).at('superiors')).toEqual([8]);
    await gatehouse.ask('PUT', '/v1/admin/services/URS_PROMOTION/credentials', { body: { appKey: APP_KEY } });
    const send = (id: string) =>
      deliver(
        `${gatehouse.url}/webhook/urs/deposit`,
        seal({ userId: 7, usdtAmount: 2, transactionId: id }, APP_KEY),
      );
    expect((await send('T1')).json).toMatchObject({ success: true, replayed: true });
    expect((await send('T9')).json).toMatchObject({ success: true });
    const account = await gatehouse.ask('GET', '/v1/accounts/user:7');
    expect(account.json).toMatchObject({ balance: '1205', entries: 3 });
    // Sealed, and nothing is on its way any more to the tables that the next version's rows come into.
    const verify = () => gatehouse.ask('GET', '/v1/admin/ledger/verify');
    await expect.poll(async () => (await verify()).at('head.page'), { timeout: 20_000 }).toBe(2);
    expect((await verify()).json).toMatchObject({ ok: true, violations: [] });
  });
});

describe('what this version writes (D3)', () => {
  beforeAll(async () => {
    await clearTables('local');
    peer.answer(({ url }, response) => sendJson(response, {}, url === '/fail' ? 403 : 200));
    await doEverything(gatehouse, peer);
  });

  it.each(VERSIONS)('has every attribute that a version %s gave all records of a kind', async (version) => {
    peer.answer(({ url }, response) => sendJson(response, {}, url === '/fail' ? 403 : 200));
    const missing = async () => {
      const written = kinds(await readRows('local'));
      return [...kinds(fixture(version))].flatMap(([kind, attributes]) =>
        attributes.filter((one) => !written.get(kind)?.includes(one)).map((one) => `${kind}: ${one}`),
      );
    };
    // What follows a transfer, its event and its seal, comes a moment later.
    await expect.poll(missing, { timeout: 20_000 }).toEqual([]);
  });
});

/** What all records of a kind have in common: `name: S`. */
function kinds(rows: Rows): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [table, each] of Object.entries(rows)) {
    for (const row of each) {
      const kind = `${table} ${kindOf(row)}`;
      const own = Object.entries(row).map(([name, value]) => `${name}: ${Object.keys(value)[0]}`);
      found.set(kind, found.get(kind)?.filter((attribute) => own.includes(attribute)) ?? own);
    }
  }
  return found;
}

/** By its key; channels stand among the subscriptions. */
const kindOf = (row: Row): string => {
  const [pk] = String(row['pk']!['S']).split('#');
  return 'sealed' in row ? `${pk}, of a channel` : pk!;
};
