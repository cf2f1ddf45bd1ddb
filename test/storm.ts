/**
 * A partner's storm (FAULTS L10): movements delivered out of order, many twice, to a product that settles from the
 * stream, on a DynamoDB with faults on its wire, and that is killed again and again. A delivery is repeated until it is
 * answered, as partners do. Afterwards each movement has settled, once.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startDynamoDb } from '../dev/stores/dynamodb.ts';
import { startDynamoDbWire } from './faults/dynamodb-wire.ts';
import type { FaultRates } from './faults/faults.ts';
import { seeded } from '../dev/seeded.ts';
import { ProductProcess } from './product-process.ts';
import { deliver, seal } from './urs-partner.ts';

export interface StormOptions {
  seed: number;
  movements: number;
  /** Share of movements that are delivered twice. */
  duplicates: number;
  kills: number;
  faults: FaultRates;
  /** Called when the product is ready, before the first delivery; again where it fails. */
  onReady?: (product: ProductProcess) => Promise<void>;
  /** Called when everything has settled. */
  onSettled?: (product: ProductProcess) => Promise<void>;
}

export interface StormReport {
  deliveries: number;
  /** Deliveries that got no answer, or none that was final, and were repeated. */
  repeated: number;
  kills: number;
  settled: number;
  /** What does not hold, in words. */
  problems: string[];
}

const USERS = 100;
const FIRST_USER = 30_001;
const AT_ONCE = 16;
/** In 10⁻² USDT; 300 DIAMOND for one USDT. */
const FUNDS = 1_000_000;
const LARGEST = 50;

interface Movement {
  action: 'deposit' | 'withdraw';
  userId: number;
  /** In 10⁻² USDT. */
  cents: number;
  transactionId: string;
}

export async function storm(options: StormOptions): Promise<StormReport> {
  const engine = await startDynamoDb('memory');
  const { seed, faults: rates } = options;
  const wire = await startDynamoDbWire({ upstream: engine.endpoint, stage: 'local', seed, rates });
  const product = new ProductProcess({
    AWS_ENDPOINT_URL_DYNAMODB: wire.endpoint,
    // What its stores do to it is meant.
    LOG_LEVEL: 'SILENT',
  });
  const appKey = randomBytes(16).toString('hex');
  try {
    await product.start();
    await untilDone(() => product.registerUrs(appKey, { settlement: 'QUEUED' }));
    await untilDone(async () => options.onReady?.(product));
    const movements = movementsOf(options.movements, seeded(seed));
    const counts = await deliverAll(product, appKey, movements, options);
    const found = await problemsOf(product, movements);
    await options.onSettled?.(product);
    return { ...counts, ...found };
  } finally {
    await product.clear();
    await wire.stop();
    await engine.stop();
  }
}

/** Each user has more to begin with than is ever taken from it: every withdrawal is funded, whenever it comes. */
function movementsOf(count: number, random: () => number): { funding: Movement[]; storm: Movement[] } {
  const funding = Array.from({ length: USERS }, (_, n) => ({
    action: 'deposit' as const,
    userId: FIRST_USER + n,
    cents: FUNDS,
    transactionId: `fund-${n}`,
  }));
  const storm = Array.from({ length: count }, (_, n) => ({
    action: random() < 0.7 ? ('deposit' as const) : ('withdraw' as const),
    userId: FIRST_USER + Math.floor(random() * USERS),
    cents: 1 + Math.floor(random() * LARGEST),
    transactionId: `storm-${n}`,
  }));
  return { funding, storm };
}

async function deliverAll(
  product: ProductProcess,
  appKey: string,
  { funding, storm }: { funding: Movement[]; storm: Movement[] },
  { seed, duplicates, kills }: StormOptions,
): Promise<Pick<StormReport, 'deliveries' | 'repeated' | 'kills'>> {
  const random = seeded(seed + 1);
  const twice = storm.filter(() => random() < duplicates);
  const queue = shuffled([...storm, ...twice], random);
  const total = queue.length;
  const killAt = Array.from({ length: kills }, (_, n) => Math.floor(((n + 1) * total) / (kills + 1)));
  let [answered, repeated, killed] = [0, 0, 0];
  let restarting: Promise<void> | undefined;

  async function restart(): Promise<void> {
    const exited = product.exited();
    product.kill();
    await exited;
    await product.start();
    restarting = undefined;
  }
  const isAnswered = async ({ action, userId, cents, transactionId }: Movement): Promise<boolean> => {
    const order = { userId, usdtAmount: (cents / 100).toFixed(2), transactionId };
    const answer = await deliver(`${product.url}/webhook/urs/${action}`, seal(order, appKey)).catch(
      () => undefined,
    );
    return answer?.status === 200 || answer?.status === 202;
  };

  for (const movement of funding) {
    while (!(await isAnswered(movement))) await wait(20);
  }
  await untilDone(async () => {
    const { transfers } = await trialBalance(product);
    if (transfers < USERS) throw new Error('not funded yet');
  });
  const sender = async () => {
    for (let movement = queue.shift(); movement; movement = queue.shift()) {
      await restarting;
      if (!(await isAnswered(movement))) {
        repeated += 1;
        queue.push(movement);
        await wait(20);
        continue;
      }
      answered += 1;
      if (killed < kills && answered >= killAt[killed]! && !restarting) {
        killed += 1;
        restarting = restart();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  await restarting;
  return { deliveries: answered, repeated, kills: killed };
}

interface TrialBalance {
  total: string;
  balanced: boolean | null;
  transfers: number;
}
const trialBalance = (product: ProductProcess) =>
  product.get<TrialBalance>('/v1/admin/ledger/trial-balance?deep=true');

async function problemsOf(
  product: ProductProcess,
  { funding, storm }: { funding: Movement[]; storm: Movement[] },
): Promise<Pick<StormReport, 'settled' | 'problems'>> {
  const all = [...funding, ...storm];
  const problems: string[] = [];
  const balance = await settledAll(product, all.length);
  if (balance.transfers !== all.length)
    problems.push(`${balance.transfers} transfers settled, not ${all.length}`);
  if (balance.total !== '0' || balance.balanced !== true)
    problems.push(`the trial balance is ${balance.total}, balanced: ${balance.balanced}`);
  for (let user = FIRST_USER; user < FIRST_USER + USERS; user++) {
    const own = all.filter(({ userId }) => userId === user);
    const cents = own.reduce(
      (sum, { action, cents: each }) => sum + (action === 'deposit' ? each : -each),
      0,
    );
    const account = await untilDone(() =>
      product.get<{ balance: string; entries: number }>(`/v1/accounts/user:${user}`),
    );
    if (account.balance !== String(cents * 3) || account.entries !== own.length)
      problems.push(
        `user ${user} has ${account.balance} by ${account.entries}, not ${cents * 3} by ${own.length}`,
      );
  }
  const dead = await untilDone(() => product.get<{ items: unknown[] }>('/v1/admin/dead-letters'));
  if (dead.items.length > 0) problems.push(`${dead.items.length} dead letters`);
  return { settled: balance.transfers - funding.length, problems };
}

/** Put off work becomes due within two minutes: what has not moved for so long will not, milliseconds. */
const STANDSTILL_MS = 150_000;

/** Until nothing moves any more, or all has settled. A look reads the whole journal: the next one leaves it time to move. */
async function settledAll(product: ProductProcess, count: number): Promise<TrialBalance> {
  let moved = { at: Date.now(), transfers: -1 };
  for (;;) {
    const began = Date.now();
    const balance = await untilDone(() => trialBalance(product));
    const now = Date.now();
    if (balance.transfers !== moved.transfers) moved = { at: now, transfers: balance.transfers };
    if (balance.transfers === count || now - moved.at > STANDSTILL_MS) return balance;
    await wait(1_000 + 5 * (now - began));
  }
}

/** A store with faults fails what asks it, too: again, for half a minute. */
async function untilDone<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === 60) throw error;
      await wait(500);
    }
  }
}

function shuffled<T>(items: T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
