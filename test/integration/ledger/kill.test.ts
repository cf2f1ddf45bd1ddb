import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { expectBalanced, openLedger } from './books.ts';

const COUNT = 400;

interface Progress {
  fresh: number;
  replayed: number;
  isDone: boolean;
}

describe('a process that posts is killed', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  /** Delivers all 400; killed with signal 9 once so many have been answered. */
  async function deliverAll(killAfter = Number.POSITIVE_INFINITY): Promise<Progress> {
    const { endpoints, region } = stores.config;
    const table = stores.names.tables.ledger;
    const child = fork(new URL('posting-process.ts', import.meta.url), [
      JSON.stringify({ endpoint: endpoints.dynamodb, region, table, count: COUNT }),
    ]);
    let progress: Progress = { fresh: 0, replayed: 0, isDone: false };
    child.on('message', (message: Progress) => {
      progress = message;
      if (progress.fresh + progress.replayed >= killAfter) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    return progress;
  }

  it('L6: kill -9 in the middle of 400 deposits, twice, then all again: exactly 400', async () => {
    expect(await deliverAll(90)).toMatchObject({ isDone: false });
    expect(await deliverAll(220)).toMatchObject({ isDone: false });
    await expectBalanced(openLedger(stores));

    const last = await deliverAll();
    expect(last.isDone).toBe(true);
    expect(last.fresh + last.replayed).toBe(COUNT);
    expect(last.replayed).toBeGreaterThanOrEqual(220);

    const books = await openLedger(stores).trialBalance({ deep: true });
    expect(books).toMatchObject({ total: 0n, balanced: true, transfers: COUNT });
    const moved = BigInt(COUNT) * 10_000_000_000n + BigInt((COUNT * (COUNT - 1)) / 2);
    expect(books.userTotal).toBe(moved);
    expect(await deliverAll()).toMatchObject({ fresh: 0, replayed: COUNT });
    expect((await openLedger(stores).trialBalance()).userTotal).toBe(moved);
  }, 120_000);
});
