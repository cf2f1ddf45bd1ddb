import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProductProcess } from '../product-process.ts';
import { deliver, seal } from '../urs-partner.ts';
import type { Delivered } from '../urs-partner.ts';

const DEPOSITS = 400;
const USERS = 8;
const FIRST_USER = 20_001;
const AT_ONCE = 8;

const appKey = randomBytes(16).toString('hex');
let product: ProductProcess;

beforeEach(() => {
  product = new ProductProcess();
});
afterEach(() => product.clear());

interface Deposit {
  userId: number;
  usdtAmount: string;
  transactionId: string;
}

/** Amounts differ, so that a lost one cannot hide behind one that came twice. */
const deposits = Array.from({ length: DEPOSITS }, (_, at): Deposit => ({
  userId: FIRST_USER + (at % USERS),
  usdtAmount: `${at + 1}.${String(at).padStart(10, '0')}`,
  transactionId: `kill-${at}`,
}));

test.each([
  ['the product', false],
  ['the product and its stores', true],
])(
  'L6 %s is killed in the middle of 400 deposits; delivered again, they are 400',
  async (_, storesToo) => {
    await product.start();
    await product.registerUrs(appKey);
    // The product, two stores and who ties each to it: what must be gone in the end can be seen.
    expect(product.processes().length).toBeGreaterThanOrEqual(process.platform === 'linux' ? 3 : 0);

    const acknowledged = await depositUntilKilled(storesToo);
    await product.start();
    const again = await inParallel(deposits, send);

    expect(tally(again.map(({ status }) => status))).toEqual({ 200: DEPOSITS });
    const forgotten = [...acknowledged].filter((at) => !again[at]!.json.replayed);
    expect(forgotten).toEqual([]);
    // Some were posted without an answer, or none was: never fewer than were acknowledged.
    expect(again.filter(({ json }) => json.replayed).length).toBeGreaterThanOrEqual(acknowledged.size);

    const statements = await Promise.all(
      Array.from({ length: USERS }, (__, at) => statementOf(FIRST_USER + at)),
    );
    const posted = statements.flatMap(({ ids }) => ids);
    expect(posted.toSorted()).toEqual(deposits.map(({ transactionId }) => transactionId).toSorted());
    expect(statements.map(({ balance }) => balance)).toEqual(expectedBalances());
    expect(await product.get('/v1/admin/ledger/trial-balance?deep=true')).toMatchObject({
      total: '0',
      transfers: DEPOSITS,
      users: USERS,
      balanced: true,
    });

    expect(await product.stop()).toEqual([0, null]);
    await product.nobodyLeft();
  },
  90_000,
);

/** @returns which deposits were answered before the kill. */
async function depositUntilKilled(storesToo: boolean): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  const exited = product.exited();
  await inParallel(deposits, async (deposit, at) => {
    const answer = await send(deposit).catch(() => undefined);
    if (answer?.status === 200 && acknowledged.add(at).size === DEPOSITS / 2)
      product.kill({ stores: storesToo });
  });
  await exited;
  expect(acknowledged.size).toBeGreaterThanOrEqual(DEPOSITS / 2);
  expect(acknowledged.size).toBeLessThan(DEPOSITS);
  return acknowledged;
}

const send = ({ userId, usdtAmount, transactionId }: Deposit): Promise<Delivered> =>
  deliver(
    `${product.url}/webhook/urs/deposit`,
    seal(`{"userId":${userId},"usdtAmount":${usdtAmount},"transactionId":"${transactionId}"}`, appKey),
  );

async function inParallel<T, R>(items: T[], task: (item: T, at: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at]!, at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function statementOf(userId: number): Promise<{ ids: string[]; balance: string }> {
  const { balance } = await product.get<{ balance: string }>(`/v1/accounts/user:${userId}`);
  const { items } = await product.get<{ items: { transactionId: string }[] }>(
    `/v1/accounts/user:${userId}/entries?limit=200`,
  );
  return { balance, ids: items.map(({ transactionId }) => transactionId) };
}

/** 300 DIAMOND for a USDT, added up in whole numbers of 10⁻¹⁰. */
function expectedBalances(): string[] {
  const sums = Array.from({ length: USERS }, () => 0n);
  for (const { userId, usdtAmount } of deposits) {
    sums[userId - FIRST_USER]! += BigInt(usdtAmount.replace('.', '')) * 300n;
  }
  return sums.map((sum) => {
    const digits = String(sum).padStart(11, '0');
    return `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '');
  });
}

function tally(values: number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
