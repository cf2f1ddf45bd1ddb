/** Proof of the ledger over HTTP and from a shell: verify, and a partner's list held against it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../functions/wiring/dynamodb.ts';
import { ledger } from '../../functions/wiring/ledger.ts';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { deposit, units, withdrawal } from '../integration/ledger/books.ts';

const CODE = 'URS_PROMOTION';
const TABLE = 'gatehouse-local-ledger';
const DAY = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' };
const query = (more: object = {}) => new URLSearchParams({ service: CODE, ...DAY, ...more }).toString();
const own = { service: CODE };

let gatehouse: Gatehouse;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-proof-'));
  gatehouse = await startGatehouse();
  await gatehouse.register({
    code: CODE,
    name: 'URS',
    baseUrl: 'http://127.0.0.1:9/api',
    auth: { type: 'NONE' },
    webhook: { path: 'urs' },
    settings: { diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
  });
  const asked = (amount: string) => ({ asked: { amount: units(amount), currency: 'USDT' } });
  await ledger().post({ ...deposit(101, '3000', 'same', own), ...asked('10') });
  await ledger().post({ ...deposit(102, '3150', 'other-amount', own), ...asked('10.5') });
  await ledger().post({ ...withdrawal(101, '300', 'paid', own), ...asked('1') });
  await ledger().post({ ...deposit(103, '300', 'ours', own), ...asked('1') });
  await ledger()
    .post({ ...withdrawal(103, '900000', 'short', own), ...asked('3000') })
    .catch(() => {});
  await ledger().post({ ...deposit(101, '300', 'same', { service: 'ANOTHER' }), ...asked('1') });
  await ledger().post({ ...deposit(104, '5', 'gift', own), type: 'adjustment', reason: 'a gift' });
  // Taken back: they are right not to list it.
  await ledger().post({ ...deposit(105, '300', 'undone', own), ...asked('1') });
  const undo = { body: { reason: 'never ordered' } };
  await gatehouse.ask('POST', `/v1/admin/transfers/undone/reverse?service=${CODE}`, undo);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.stop();
});

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
const list = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const send = (body: string, type = 'text/csv', more: object = {}) =>
  gatehouse.ask('POST', `/v1/admin/ledger/reconcile?${query(more)}`, {
    body,
    headers: { 'content-type': type },
  });

const LIST = [
  'transactionId,type,userId,usdtAmount,status',
  'same,deposit,101,10.0,SETTLED',
  'other-amount,deposit,102,10.4,SETTLED',
  'paid,withdraw,101,1,',
  'short,withdraw,103,3000,SETTLED',
  'theirs,deposit,101,7,SETTLED',
];

const EXPECTED = {
  matched: 2,
  onlyOurs: [
    {
      transactionId: 'ours',
      type: 'deposit',
      userId: '103',
      usdtAmount: '1',
      settledAt: expect.stringMatching(/Z$/) as string,
      next: expect.stringContaining('they do not list it') as string,
    },
  ],
  onlyTheirs: [
    {
      transactionId: 'theirs',
      line: 6,
      type: 'deposit',
      userId: '101',
      usdtAmount: '7',
      status: 'SETTLED',
      next: expect.stringContaining('send it again') as string,
    },
  ],
  differing: [
    {
      transactionId: 'other-amount',
      line: 3,
      field: 'usdtAmount',
      ours: '10.5',
      theirs: '10.4',
      next: expect.stringContaining('deliveries') as string,
    },
    {
      transactionId: 'short',
      line: 5,
      field: 'status',
      ours: 'REJECTED',
      theirs: 'SETTLED',
      next: expect.stringContaining('lack of funds') as string,
    },
  ],
};

describe('POST /v1/admin/ledger/reconcile', () => {
  it('reports one missing, one extra, different ones, each with what to do', async () => {
    const answer = await send(LIST.join('\r\n'));
    expect([answer.status, answer.json]).toEqual([200, EXPECTED]);
  });

  it('takes NDJSON', async () => {
    const [header, ...lines] = LIST.map((line) => line.split(','));
    const text = lines.map((line) =>
      JSON.stringify(Object.fromEntries(line.map((cell, at) => [header![at], cell]))),
    );
    const answer = await send(text.join('\n'), 'application/x-ndjson; charset=utf-8');
    const renumbered = (entries: { line: number }[]) =>
      entries.map((entry) => ({ ...entry, line: entry.line - 1 }));
    expect(answer.json).toEqual({
      ...EXPECTED,
      onlyTheirs: renumbered(EXPECTED.onlyTheirs),
      differing: renumbered(EXPECTED.differing),
    });
  });

  it('counts what a list has twice, and compares the rest by its content', async () => {
    const answer = await send(
      [LIST[0], LIST[1], 'paid,deposit,102,1,', LIST[1], 'ours,deposit,103,1,REJECTED', LIST[2]].join('\n'),
    );
    const differing =
      answer.at<{ transactionId: string; field: string; ours: string; theirs: string }[]>('differing');
    expect(
      differing.map(({ transactionId, field, ours, theirs }) => [transactionId, field, ours, theirs]),
    ).toEqual([
      ['paid', 'type', 'withdraw', 'deposit'],
      ['paid', 'userId', '101', '102'],
      ['same', 'lines', '1', '2'],
      ['ours', 'status', 'SETTLED', 'REJECTED'],
      ['other-amount', 'usdtAmount', '10.5', '10.4'],
    ]);
    expect([answer.at('matched'), answer.at('onlyOurs')]).toEqual([2, []]);
  });

  it('says of what was taken back that it was', async () => {
    const answer = await send([LIST[0], 'undone,deposit,105,1,SETTLED'].join('\n'), 'text/csv', {
      only: 'theirs',
    });
    expect(answer.at('differing')).toMatchObject([
      { transactionId: 'undone', field: 'status', ours: 'REVERSED', theirs: 'SETTLED' },
    ]);
  });

  it('looks for what only we have within the time, and matches beyond it', async () => {
    const past = await send(LIST.join('\n'), 'text/csv', { to: '2020-01-02T00:00:00+08:00' });
    expect([past.at('matched'), past.at('onlyOurs')]).toEqual([2, []]);
    const part = await send(LIST.join('\n'), 'text/csv', { only: 'theirs' });
    expect([part.at('matched'), part.at('onlyOurs')]).toEqual([2, []]);
  });

  it('names a line that is wrong, a column that is missing, and what it cannot read', async () => {
    const bad = await send([LIST[0], LIST[1], 'x,deposit,101,ten,'].join('\n'));
    expect([bad.status, bad.at('code'), bad.at('errors')]).toEqual([
      422,
      'VALIDATION_FAILED',
      [{ field: 'line 3', message: 'usdtAmount is not a decimal number' }],
    ]);
    const missing = await send('transactionId,type,userId\nx,deposit,1');
    expect(missing.at('errors')).toEqual([{ field: 'usdtAmount', message: 'is no column of the header' }]);
    expect((await send('{}', 'application/json')).status).toBe(415);
    expect((await send(LIST[0]!, 'text/csv; charset=gbk')).status).toBe(415);
    expect((await send(LIST[0]!, 'text/csv', { service: 'NOBODY' })).status).toBe(404);
    expect((await send(LIST[0]!, 'text/csv', { from: 'yesterday' })).at('errors.0.field')).toBe('from');
  });
});

it('GET /v1/admin/ledger/transfers lists what settled, page by page', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await gatehouse.ask(
      'GET',
      `/v1/admin/ledger/transfers?${query({ limit: '1', ...(cursor && { cursor }) })}`,
    );
    expect(page.status).toBe(200);
    seen.push(...page.at<{ transactionId: string }[]>('items').map(({ transactionId }) => transactionId));
    cursor = page.at('cursor');
  } while (cursor !== undefined);
  expect(seen.toSorted((a, b) => a.localeCompare(b))).toEqual([
    'other-amount',
    'ours',
    'paid',
    'same',
    'undone',
  ]);
  expect(gatehouse.permissionsUsed).toContain(`admin dynamodb:Query ${TABLE}/index/byHouse`);
});

describe('gatehouse ledger reconcile', () => {
  const range = ['--service', CODE, '--from', DAY.from, '--to', DAY.to];

  it('prints each difference and what to do, and exits with 1', async () => {
    const { code, out, err } = await run('ledger', 'reconcile', list('list.csv', LIST.join('\n')), ...range);
    expect([code, err]).toEqual([1, '4 differences.\n']);
    const lines = out.split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/^only ours {4}ours {2}deposit 1, user 103, settled 2/),
    );
    expect(lines).toContain('only theirs  theirs  deposit 7, user 101, line 6');
    expect(lines).toContain('differing    other-amount  usdtAmount: ours 10.5, theirs 10.4, line 3');
    expect(lines).toContain('differing    short  status: ours REJECTED, theirs SETTLED, line 5');
    expect(lines.at(-2)).toBe('2 matched, 1 only ours, 1 only theirs, 2 differing');
  });

  it('says the same as the API as JSON, and finds what a list has twice', async () => {
    const twice = list('twice.csv', [...LIST, LIST[1]].join('\n'));
    const { out } = await run('--json', 'ledger', 'reconcile', twice, ...range);
    const { counts, ...found } = JSON.parse(out) as Record<string, unknown>;
    const lines = { transactionId: 'same', line: 7, field: 'lines', ours: '1', theirs: '2' };
    expect(found).toEqual({
      ...EXPECTED,
      matched: 3,
      differing: [...EXPECTED.differing, { ...lines, next: expect.any(String) as string }],
    });
    expect(counts).toEqual({ onlyOurs: 1, onlyTheirs: 1, differing: 3 });
  });

  it('exits with 0 where both say the same', async () => {
    const all = ['{"transactionId":"same","type":"deposit","userId":101,"usdtAmount":10}']
      .concat('{"transactionId":"other-amount","type":"deposit","userId":102,"usdtAmount":"10.5"}')
      .concat('{"transactionId":"paid","type":"withdraw","userId":101,"usdtAmount":1}')
      .concat('{"transactionId":"ours","type":"deposit","userId":103,"usdtAmount":1}');
    const { code, out } = await run('ledger', 'reconcile', list('all.ndjson', all.join('\n')), ...range);
    expect([code, out]).toEqual([0, '4 matched, 0 only ours, 0 only theirs, 0 differing\n']);
  });

  it('names lines that are wrong, and exits with 3; wrong usage with 2', async () => {
    const bad = await run('ledger', 'reconcile', list('bad.csv', [...LIST, 'x,y,z'].join('\n')), ...range);
    expect([bad.code, bad.out]).toEqual([3, '']);
    expect(bad.err).toContain('bad.csv cannot be taken:\n  line 7: has 3 fields, the header has 5\n');
    expect((await run('ledger', 'reconcile', join(folder, 'none.csv'), ...range)).code).toBe(3);
    expect((await run('ledger', 'reconcile', list('list.txt', ''), ...range)).code).toBe(2);
    expect((await run('ledger', 'reconcile', list('list.csv', ''))).code).toBe(2);
  });
});

describe('gatehouse ledger verify', () => {
  const key = { pk: `TX#${CODE}#same`, sk: 'TRANSFER' };
  const setReason = (values: object) =>
    documents().update(TABLE, key, 'SET reason = :r', { values: { ':r': 'edited', ...values } });

  it('exits with 0 while everything holds, and with 1 naming a row that was edited by hand (L9)', async () => {
    // As every minute; it is also the first of the nightly checks.
    await gatehouse.stack.host.functions.invoke('monitor', {});
    for (const used of ['Scan', 'PutItem', 'UpdateItem', 'BatchGetItem'])
      expect(gatehouse.permissionsUsed).toContain(`monitor dynamodb:${used} ${TABLE}`);
    const well = await run('ledger', 'verify');
    expect([well.code, well.err]).toEqual([0, '']);
    expect(well.out).toMatch(
      /^main: everything holds; 8 entries checked, sealed up to 2\S+Z\nhead: page \d, \S{43}\n$/,
    );

    await setReason({});
    const { code, out, err } = await run('ledger', 'verify');
    expect([code, err]).toEqual([1, 'main: 1 violations.\n']);
    expect(out).toMatch(new RegExp(`^${CODE} same was changed after it was sealed in page \\d$`, 'm'));
    const json = await run('--json', 'ledger', 'verify', '--book', 'main');
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      1,
      {
        ok: false,
        checked: 8,
        violations: [
          { service: CODE, transactionId: 'same', what: expect.stringContaining('was changed') as string },
        ],
      },
    ]);
    const firing = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect(firing.at<{ kind: string }[]>('items').map(({ kind }) => kind)).toContain('LEDGER_TAMPERED');

    await documents().update(TABLE, key, 'REMOVE reason');
    const again = await gatehouse.ask('GET', '/v1/admin/ledger/verify');
    expect([again.status, again.at('ok'), again.at('violations')]).toEqual([200, true, []]);
    expect(Date.now() - Date.parse(again.at('sealedUpTo'))).toBeLessThan(60_000);
    const resolved = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect(resolved.at<{ kind: string }[]>('items').map(({ kind }) => kind)).not.toContain('LEDGER_TAMPERED');
  });

  it('knows no book that there is not', async () => {
    expect((await gatehouse.ask('GET', '/v1/admin/ledger/verify?book=none')).status).toBe(404);
    expect((await gatehouse.ask('GET', '/v1/admin/ledger/verify?cursor=x')).at('errors.0.field')).toBe(
      'cursor',
    );
  });

  it('exits with 1 where a mark of a reversal was taken off, also once it was reversed again', async () => {
    await ledger().post(deposit(105, '300', 'more', own));
    const undone = { pk: `TX#${CODE}#undone`, sk: 'TRANSFER' };
    const marked = await documents().get(TABLE, undone, { consistent: true });
    const first = String(marked?.['reversedBy']);
    await documents().update(TABLE, undone, 'REMOVE reversedBy');
    const unmarked = await run('ledger', 'verify');
    expect([unmarked.code, unmarked.err]).toEqual([1, 'main: 1 violations.\n']);
    expect(unmarked.out).toContain(`${CODE} undone was reversed by ${first}, and its row names none\n`);

    const path = `/v1/admin/transfers/undone/reverse?service=${CODE}`;
    const again = await gatehouse.ask('POST', path, { body: { reason: 'once more' } });
    expect(again.status).toBe(201);
    const twice = await run('ledger', 'verify');
    expect([twice.code, twice.err]).toEqual([1, 'main: 1 violations.\n']);
    const second = again.at<string>('transactionId');
    expect(twice.out).toContain(`${CODE} undone was reversed by ${first}, and its row names ${second}\n`);
  });
});
