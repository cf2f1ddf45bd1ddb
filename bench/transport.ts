/**
 * PERFORMANCE rows 4, 5 and 6: requests per second of the transport alone, against a server in a process of
 * its own. Contestants take turns in one process (A B A B ...), so that a busy machine slows both; a row is
 * the median over the rounds of ours ÷ theirs within the round.
 *
 * `node bench/transport.ts [--quick]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { median, type Row } from './measure.ts';
import * as clients from './transport/clients.ts';

interface Sample {
  perSecond: number;
  p50Ms: number;
}

interface Comparison {
  id: string;
  what: string;
  baseline: (origin: string) => clients.BenchClient;
  path: string;
  concurrency: number;
  goal: number;
  /** Also: ours ÷ theirs of the median latency, at most. */
  p50Goal?: number;
}

const COMPARISONS: Comparison[] = [
  {
    id: '4a',
    what: 'requests/s, 1 at a time',
    baseline: clients.undiciPool,
    path: '/api',
    concurrency: 1,
    goal: 1,
  },
  {
    id: '4b',
    what: 'requests/s, 16',
    baseline: clients.undiciPool,
    path: '/api',
    concurrency: 16,
    goal: 1.15,
  },
  {
    id: '4c',
    what: 'requests/s, 64',
    baseline: clients.undiciPool,
    path: '/api',
    concurrency: 64,
    goal: 1.15,
    p50Goal: 0.9,
  },
  { id: '5a', what: 'requests/s, 16', baseline: clients.cookieAgent, path: '/api', concurrency: 16, goal: 2 },
  { id: '5b', what: 'requests/s, 16', baseline: clients.gotWithJar, path: '/api', concurrency: 16, goal: 6 },
  {
    id: '5c',
    what: 'requests/s, 16',
    baseline: clients.axiosWithJar,
    path: '/api',
    concurrency: 16,
    goal: 9,
  },
  {
    id: '6',
    what: 'requests/s, 16, a Set-Cookie on every answer',
    baseline: clients.undiciPool,
    path: '/cookies',
    concurrency: 16,
    goal: 1,
  },
];

/** @param options.quick three short rounds: shows that it runs, proves no figure. */
export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const server = fork(new URL('transport/server.mjs', import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  try {
    const measured: Row[] = [];
    for (const comparison of COMPARISONS) {
      measured.push(...(await compare(comparison, `http://127.0.0.1:${port}`, quick)));
    }
    return measured;
  } finally {
    server.disconnect();
  }
}

async function compare(comparison: Comparison, origin: string, quick: boolean): Promise<Row[]> {
  const rounds = quick ? 3 : 21;
  const roundMs = quick ? 40 : 250;
  const ours = clients.gatehouse(origin);
  const theirs = comparison.baseline(origin);
  const pairs: [Sample, Sample][] = [];
  for (let round = -1; round < rounds; round++) {
    // Who goes first alternates: the one after a garbage collection of the other's litter must not always lose.
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const samples = new Map<clients.BenchClient, Sample>();
    for (const client of order) samples.set(client, await measure(client, comparison, roundMs));
    // The first round warms up.
    if (round >= 0) pairs.push([samples.get(ours)!, samples.get(theirs)!]);
  }
  await Promise.all([ours.close(), theirs.close()]);

  const { id, what, goal, p50Goal } = comparison;
  const throughput = median(pairs.map(([a, b]) => a.perSecond / b.perSecond));
  const found: Row[] = [
    { id, what, baseline: theirs.name, ratio: throughput, goal: `≥ ${goal}×`, pass: throughput >= goal },
  ];
  if (p50Goal !== undefined) {
    const ratio = median(pairs.map(([a, b]) => a.p50Ms / b.p50Ms));
    const row = {
      id: `${id}-p50`,
      what: `p50 latency${what.slice('requests/s'.length)}`,
      baseline: theirs.name,
    };
    found.push({ ...row, ratio, goal: `≤ ${p50Goal}×`, pass: ratio <= p50Goal });
  }
  return found;
}

/** `concurrency` loops of one request after the other, for `ms`. */
async function measure(client: clients.BenchClient, comparison: Comparison, ms: number): Promise<Sample> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + ms;
  const loop = async () => {
    for (let sent = performance.now(); sent < end;) {
      await client.get(comparison.path);
      const now = performance.now();
      latencies.push(now - sent);
      sent = now;
    }
  };
  await Promise.all(Array.from({ length: comparison.concurrency }, loop));
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: latencies.length / seconds, p50Ms: median(latencies) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await rows({ quick: process.argv.includes('--quick') })) {
    const verdict = row.pass ? 'ok  ' : 'MISS';
    console.log(
      `${verdict} ${row.id.padEnd(7)} ${row.ratio.toFixed(2)}× (${row.goal}) ${row.what} vs ${row.baseline}`,
    );
  }
}
