/**
 * A list of many lines, in bounded memory: the command runs with a heap far smaller than the list.
 * `npm run soak:reconcile` is a million lines; CI has a twentieth of that.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';

const LINES = Number(process.env['RECONCILE_LINES'] ?? 50_000);
/** Megabytes. The command alone takes some 30. */
const HEAP = 64;
const PAGE = 2_000;
/** Of us alone, of them alone, of both but differing, and in the list twice. */
const [OURS, THEIRS, OTHER, TWICE] = [17, 1_234, LINES - 3, 4_321] as const;

const idOf = (n: number) => `URS-2026-11-21-${String(n).padStart(12, '0')}`;
const amountOf = (n: number) => String(1 + (n % 997));
const numberOf = (id: string) => Number(id.slice(-12));

/** What a ledger with all these transfers would answer, by a formula: the command is what is tried here. */
function answerOf(path: string, query: URLSearchParams, body: string): unknown {
  if (path.endsWith('/transfers')) {
    const start = Number(query.get('cursor') ?? 0);
    const numbers = Array.from({ length: Math.min(PAGE, LINES - start) }, (_, index) => start + index);
    const items = numbers
      .filter((n) => n !== THEIRS)
      .map((n) => ({
        transactionId: idOf(n),
        type: 'deposit',
        userId: '10002',
        usdtAmount: amountOf(n),
        settledAt: '2026-11-21T00:00:00.000Z',
      }));
    return { items, ...(start + PAGE < LINES && { cursor: String(start + PAGE) }) };
  }
  const orders = body
    .split('\n')
    .map((line) => JSON.parse(line) as { transactionId: string; usdtAmount: string });
  const rest = { type: 'deposit', userId: '10002', next: 'x' };
  const found = orders.map((order, index) => ({
    ...order,
    line: index + 1,
    n: numberOf(order.transactionId),
  }));
  const differs = ({ n, usdtAmount }: (typeof found)[number]) => usdtAmount !== amountOf(n);
  return {
    matched: found.filter((order) => order.n !== THEIRS && !differs(order)).length,
    onlyOurs: [],
    onlyTheirs: found.filter(({ n }) => n === THEIRS).map((order) => ({ ...order, ...rest })),
    differing: found
      .filter((order) => order.n !== THEIRS && differs(order))
      .map(({ transactionId, line, n, usdtAmount }) => ({
        transactionId,
        line,
        field: 'usdtAmount',
        ours: amountOf(n),
        theirs: usdtAmount,
        next: 'x',
      })),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function* lines() {
  yield 'transactionId,type,userId,usdtAmount\n';
  for (let n = 0; n < LINES; n++) {
    if (n === OURS) continue;
    const line = `${idOf(n)},deposit,10002,${n === OTHER ? '0.5' : amountOf(n)}\n`;
    yield n === TWICE ? line + line : line;
  }
}

let server: Server;
let folder: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const answer = async () => JSON.stringify(answerOf(pathname, searchParams, await textOf(request)));
    response.setHeader('content-type', 'application/json');
    void answer().then((text) => response.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-size-'));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it(`${LINES} lines are compared in ${HEAP} MB of heap`, { timeout: 600_000 }, async () => {
  const file = join(folder, 'list.csv');
  await pipeline(Readable.from(lines()), createWriteStream(file));
  const range = [
    '--service',
    'URS_PROMOTION',
    '--from',
    '2026-11-21T00:00:00Z',
    '--to',
    '2026-11-22T00:00:00Z',
  ];
  const { code, out, err } = await runGatehouse(['--json', 'ledger', 'reconcile', file, ...range], {
    GATEHOUSE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    GATEHOUSE_KEY: 'any',
    NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
  });
  expect(err).not.toContain('heap');
  const found = JSON.parse(out) as Record<string, { transactionId: string; line: number; field?: string }[]>;
  // The header is line 1, and the one that only we have is no line.
  const lineOf = (n: number) => n + 1 + (n > TWICE ? 1 : 0);
  expect([code, found['matched'], found['counts']]).toEqual([
    1,
    LINES - 2,
    { onlyOurs: 1, onlyTheirs: 1, differing: 2 },
  ]);
  expect(found['onlyOurs']).toMatchObject([{ transactionId: idOf(OURS) }]);
  expect(found['onlyTheirs']).toMatchObject([{ transactionId: idOf(THEIRS), line: lineOf(THEIRS) }]);
  expect(found['differing']).toMatchObject([
    { transactionId: idOf(TWICE), field: 'lines', line: lineOf(TWICE) + 1 },
    { transactionId: idOf(OTHER), field: 'usdtAmount', line: lineOf(OTHER) },
  ]);
});
