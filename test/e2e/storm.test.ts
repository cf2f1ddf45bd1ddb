import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seeded } from '../faults/seeded.ts';
import { ProductProcess } from '../product-process.ts';
import { deliver, seal } from '../urs-partner.ts';

const DEPOSITS = 2_000;
const DUPLICATES = 600;
const USERS = 100;
const FIRST_USER = 30_001;
const AT_ONCE = 16;
const KILLS_AT = [500, 1_100, 1_800];

const appKey = randomBytes(16).toString('hex');
let product: ProductProcess;
beforeEach(() => {
  product = new ProductProcess();
});
afterEach(() => product.clear());

const payload = (at: number) => ({
  userId: FIRST_USER + (at % USERS),
  usdtAmount: '0.01',
  transactionId: `storm-${at}`,
});

test('L10 a storm of 2,600 queued deliveries of 2,000 deposits, killed three times: each settles once', async () => {
  await product.start();
  await product.registerUrs(appKey, { settlement: 'QUEUED' });
  const queue = shuffled(
    Array.from({ length: DEPOSITS + DUPLICATES }, (_, n) => (n < DEPOSITS ? n : (n * 7) % DEPOSITS)),
  );
  const kills = [...KILLS_AT];
  const accepted = new Set<number>();
  let answered = 0;
  let restarting: Promise<void> | undefined;

  async function restart(): Promise<void> {
    const exited = product.exited();
    product.kill({ stores: answered % 2 === 0 });
    await exited;
    await product.start();
    restarting = undefined;
  }

  /** As a partner does: again until it is answered. */
  async function sender(): Promise<void> {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      await restarting;
      const answer = await deliver(`${product.url}/webhook/urs/deposit`, seal(payload(at), appKey)).catch(
        () => undefined,
      );
      if (answer?.status !== 202 && answer?.status !== 200) {
        queue.push(at);
        await wait(20);
        continue;
      }
      accepted.add(at);
      answered += 1;
      if (answered >= (kills[0] ?? Number.POSITIVE_INFINITY) && !restarting) {
        kills.shift();
        restarting = restart();
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  await restarting;
  expect([accepted.size, kills]).toEqual([DEPOSITS, []]);

  const balance = await settledAll();
  expect(balance).toMatchObject({ total: '0', balanced: true, users: USERS });
  for (let user = 0; user < USERS; user++) {
    const account = await product.get(`/v1/accounts/user:${FIRST_USER + user}`);
    expect(account).toMatchObject({ balance: '60', entries: DEPOSITS / USERS });
  }
  expect(await product.get('/v1/admin/dead-letters')).toEqual({ items: [] });
}, 240_000);

/** Waits until every deposit has moved; what then is still pending shows in the count. */
async function settledAll(): Promise<unknown> {
  for (let looks = 0; ; looks++) {
    const balance = await product.get<{ transfers: number }>('/v1/admin/ledger/trial-balance?deep=true');
    if (balance.transfers === DEPOSITS || looks === 120) {
      expect(balance.transfers).toBe(DEPOSITS);
      return balance;
    }
    await wait(500);
  }
}

function shuffled(items: number[]): number[] {
  const fraction = seeded(7);
  return items
    .map((item) => ({ item, place: fraction() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
