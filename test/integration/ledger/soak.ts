/**
 * A partner's day on a bad wire: orders, duplicates, lost replies, requests that arrive when nobody waits for them any
 * more. Afterwards the books are held against every answer that was given. `npm run soak` runs it at length.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { houseAccount, userAccount } from '../../../lib/ledger/account-id.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import type { Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { BAD_DAY } from '../../faults/faults.ts';
import type { FaultRates } from '../../faults/faults.ts';
import { seeded } from '../../../dev/seeded.ts';
import { BOOK, SERVICE } from './orders.ts';

export interface SoakOptions {
  seed: number;
  movements: number;
  /** Deliveries at the same time. 1: the same seed gives the same day. */
  workers: number;
  /** DynamoDB, and a stage on it with tables that nobody else uses. */
  upstream: string;
  stage: string;
  rates?: FaultRates;
}

export interface SoakReport {
  deliveries: number;
  settled: number;
  refused: number;
  /** No answer in time. */
  unknown: number;
  /** What does not hold, in words. */
  problems: string[];
}

/** Requests that nobody waits for any more are what makes two answers of one. */
const WORSE: FaultRates = { ...BAD_DAY, 'late-request': 0.1 };
const USERS = 6;
/** Share of deliveries that are sent again at once, and again later. */
const DUPLICATES = 0.5;
/** Share of deliveries that give up after one try. */
const IMPATIENT = 0.5;
const TIMEOUT_MS = 250;
const FOUR_SHARDS = { ...BOOK, houseShards: 4 };

type Answer = { is: 'settled'; transfer: string } | { is: 'refused' } | { is: 'unknown' };

/** One delivery of an order; moments are numbers that only rise. */
interface Delivery {
  order: PostInput;
  startedAt: number;
  endedAt: number;
  answer: Answer;
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, upstream, stage, workers, rates = WORSE } = options;
  const wire = await startDynamoDbWire({
    upstream,
    stage,
    seed,
    rates,
    staleWrites: 6,
    pageSize: 5,
    unprocessed: 0.5,
  });
  const table = `gatehouse-${stage}-ledger`;
  const open = (endpoint: string) =>
    createLedger({
      documents: connectDocuments({
        region: 'us-east-1',
        endpoint,
        maxAttempts: 1,
        timeoutMs: TIMEOUT_MS,
      }),
      table,
      cursors,
      clock: { ...systemClock, sleep: () => pause(0) },
      random: systemRandom,
    });
  try {
    const random = seeded(seed);
    const ledgers = [open(wire.endpoint), open(wire.endpoint)];
    const orders = ordersOf(options.movements, random);
    const deliveries = await deliverAll(orders, ledgers, workers, random);
    await wire.deliverLate();
    const count = (is: Answer['is']) => deliveries.filter(({ answer }) => answer.is === is).length;
    return {
      deliveries: deliveries.length,
      settled: count('settled'),
      refused: count('refused'),
      unknown: count('unknown'),
      problems: await problemsOf(orders, deliveries, open(upstream), ledgers[0]!),
    };
  } finally {
    await wire.stop();
  }
}

function ordersOf(movements: number, random: () => number): PostInput[] {
  return Array.from({ length: movements }, (_, n) => {
    const user = userAccount('main', String(1 + Math.floor(random() * USERS)));
    const fund = houseAccount('main', '15');
    const isDeposit = random() < 0.5;
    return {
      service: SERVICE,
      transactionId: `${isDeposit ? 'deposit' : 'withdrawal'}-${n}`,
      book: FOUR_SHARDS,
      ...(isDeposit
        ? { type: 'deposit', from: fund, to: user, house: 'from' }
        : { type: 'withdraw', from: user, to: fund, house: 'to' }),
      // Withdrawals ask for more than there is as often as not: accounts run dry and are filled again.
      amount: BigInt(1 + Math.floor(random() * (isDeposit ? 1e11 : 2e11))),
      requestedBy: SERVICE,
    };
  });
}

/** Each order one to three times, a duplicate beside the first or some orders later. */
async function deliverAll(
  orders: PostInput[],
  ledgers: Ledger[],
  workers: number,
  random: () => number,
): Promise<Delivery[]> {
  const queue = orders
    .flatMap((order, n) => [
      { order, at: n },
      ...(random() < DUPLICATES ? [{ order, at: n + 0.5 }] : []),
      ...(random() < DUPLICATES ? [{ order, at: n + random() * 20 }] : []),
    ])
    .sort((a, b) => a.at - b.at)
    .map(({ order }) => ({ order, isImpatient: random() < IMPATIENT }));
  const deliveries: Delivery[] = [];
  let moment = 0;
  const worker = async (ledger: Ledger) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const startedAt = ++moment;
      const deadlineAt = Date.now() + (next.isImpatient ? 0 : 20_000);
      const answer = await answerOf(ledger.post({ ...next.order, deadlineAt }));
      deliveries.push({ order: next.order, startedAt, endedAt: ++moment, answer });
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, n) => worker(ledgers[n % ledgers.length]!)));
  return deliveries;
}

async function answerOf(posting: ReturnType<Ledger['post']>): Promise<Answer> {
  try {
    return { is: 'settled', transfer: text((await posting).transfer) };
  } catch (error) {
    if (isGatewayError(error, 'INSUFFICIENT_FUNDS')) return { is: 'refused' };
    if (isGatewayError(error, 'STORE_UNAVAILABLE')) return { is: 'unknown' };
    throw error;
  }
}

/** @param ledger without faults; @param wired behind the wire. */
async function problemsOf(
  orders: PostInput[],
  deliveries: Delivery[],
  ledger: Ledger,
  wired: Ledger,
): Promise<string[]> {
  const problems: string[] = [];
  const settled: PostInput[] = [];
  for (const order of orders) {
    const transfer = await ledger.transfer(order);
    const own = deliveries.filter((delivery) => delivery.order === order);
    if (transfer?.status === 'SETTLED') settled.push(order);
    const truth = transfer?.status === 'SETTLED' ? text(transfer) : undefined;
    problems.push(...contradictions(own, truth).map((what) => `${order.transactionId} ${what}`));
  }

  const books = await ledger.trialBalance({ deep: true });
  if (books.total !== 0n) problems.push(`the books sum up to ${books.total}`);
  if (books.transfers !== settled.length)
    problems.push(`${books.transfers} transfers, not ${settled.length}`);
  for (const { accountId, problem } of books.violations) problems.push(`${accountId}: ${problem}`);

  for (let user = 1; user <= USERS; user++) {
    const account = userAccount('main', String(user));
    const own = settled.filter(({ from, to }) => from === account || to === account);
    const sum = own.reduce((total, { to, amount }) => total + (to === account ? amount : -amount), 0n);
    const balance = (await ledger.account(account))?.balance ?? 0n;
    if (balance !== sum) problems.push(`${account} holds ${balance}, not ${sum}`);
    const listed = await statementOf(wired, account);
    if (listed.length !== own.length || new Set(listed).size !== own.length)
      problems.push(`${account} lists ${listed.length} transfers, not ${own.length}`);
  }
  return problems;
}

/** One answer for ever: what a partner was told is what is in the books, whatever happened on the way. */
function contradictions(deliveries: Delivery[], truth: string | undefined): string[] {
  const found: string[] = [];
  const settled = deliveries.filter(({ answer }) => answer.is === 'settled');
  if (settled.some(({ answer }) => (answer as { transfer: string }).transfer !== truth))
    found.push(`was answered with "settled", but is not what stands in the books`);
  const refused = deliveries.filter(({ answer }) => answer.is === 'refused');
  const firstSettled = Math.min(...settled.map(({ endedAt }) => endedAt));
  if (refused.some(({ startedAt }) => startedAt > firstSettled))
    found.push('was refused after it had settled');
  // Whoever was told "refused" last, with nobody asking beside or after: no money may have moved.
  const lastWord = deliveries.toSorted((a, b) => b.endedAt - a.endedAt)[0];
  const isAlone = deliveries.every((other) => other === lastWord || other.endedAt < lastWord!.startedAt);
  if (truth !== undefined && lastWord?.answer.is === 'refused' && isAlone)
    found.push('was refused, asked for by nobody since, and has settled');
  return found;
}

async function statementOf(ledger: Ledger, account: string): Promise<string[]> {
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await untilAnswered(() =>
      ledger.entries(account, { limit: 7, ...(cursor ? { cursor } : {}) }),
    );
    listed.push(...page.items.map(({ transactionId }) => transactionId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return listed;
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE') || tries === 50) throw error;
    }
  }
}

const text = (value: unknown) =>
  JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
