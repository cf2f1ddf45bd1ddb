/**
 * PERFORMANCE rows 7 and 13: a proxied call from the socket to the platform and back, against `@fastify/reply-from` in front
 * of the same platform. Each contestant, the platform and the stores have a process of their own; turns alternate (A B
 * A B ...), and a row is the median over the rounds of ours ÷ theirs. CPU is what the contestant's process itself has used.
 *
 * `node bench/proxy.ts [--quick]`
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { median, type Row } from './measure.ts';
import type { Entrance } from './proxy/contestant.ts';
import { openLoad } from './proxy/load.ts';

interface Comparison {
  id: string;
  what: string;
  /** Of `gatehouse.ts`. */
  mode: 'everything' | 'unlogged';
  concurrency: number;
  /** Requests/s, at least. */
  speed: number;
  /** CPU per request, at most. */
  cpu: number;
}

const COMPARISONS: Comparison[] = [
  { id: '7', what: 'a proxied call, no call log', mode: 'unlogged', concurrency: 16, speed: 1.2, cpu: 0.7 },
  {
    id: '13a',
    what: 'a proxied call with everything',
    mode: 'everything',
    concurrency: 16,
    speed: 0.35,
    cpu: 4,
  },
  {
    id: '13b',
    what: 'a proxied call with everything',
    mode: 'everything',
    concurrency: 64,
    speed: 0.35,
    cpu: 4,
  },
];
const BASELINE = '@fastify/reply-from';
const ADMIN_KEY = 'bench-admin-key';

interface Sample {
  perSecond: number;
  /** Microseconds per request. */
  cpu: number;
}

interface Contestant {
  measure(concurrency: number, ms: number): Promise<Sample>;
  close(): void;
}

type Processes = (file: string, args?: string[], env?: Record<string, string>) => ChildProcess;

/** @param options.quick three short rounds: shows that it runs, proves no figure. */
export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const children: ChildProcess[] = [];
  const start: Processes = (file, args = [], env = {}) => {
    const child = fork(new URL(file, import.meta.url), args, { env: { ...process.env, ...env } });
    children.push(child);
    return child;
  };
  try {
    const platform = `http://127.0.0.1:${await said<number>(start('transport/server.mjs'))}`;
    const stores = await said<Record<string, string>>(start('proxy/stores.ts'));
    const env = { ...stores, GATEHOUSE_STAGE: 'local', GATEHOUSE_ADMIN_KEY: ADMIN_KEY, LOG_LEVEL: 'WARN' };
    const contestants = {
      baseline: await contestant(start('proxy/reply-from.ts', [platform])),
      unlogged: await contestant(start('proxy/gatehouse.ts', [platform, 'unlogged'], env)),
      everything: await contestant(start('proxy/gatehouse.ts', [platform, 'everything'], env)),
    };
    const measured: Row[] = [];
    for (const comparison of COMPARISONS) {
      const pair = { ours: contestants[comparison.mode], theirs: contestants.baseline };
      measured.push(...(await compare(comparison, pair, quick)));
    }
    for (const each of Object.values(contestants)) each.close();
    return measured;
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}

/** The next message of a process. @throws Error when it ends instead. */
function said<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('A process of the benchmark ended.'));
    child.once('exit', ended).once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

async function contestant(child: ChildProcess): Promise<Contestant> {
  const load = await openLoad(await said<Entrance>(child), '/api');
  const cpuTime = async () => {
    child.send('cpu');
    return said<number>(child);
  };
  return {
    async measure(concurrency, ms) {
      const [before, start] = [await cpuTime(), performance.now()];
      const answered = await load.run(concurrency, ms);
      const seconds = (performance.now() - start) / 1_000;
      return { perSecond: answered / seconds, cpu: ((await cpuTime()) - before) / answered };
    },
    close: () => load.close(),
  };
}

async function compare(
  { id, what, concurrency, speed, cpu }: Comparison,
  { ours, theirs }: Record<'ours' | 'theirs', Contestant>,
  quick: boolean,
): Promise<Row[]> {
  const rounds = quick ? 3 : 21;
  const roundMs = quick ? 250 : 700;
  const pairs: [Sample, Sample][] = [];
  for (let round = -1; round < rounds; round++) {
    // The first round warms up.
    const ms = round === -1 ? 4 * roundMs : roundMs;
    const samples = new Map<Contestant, Sample>();
    for (const each of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
      samples.set(each, await each.measure(concurrency, ms));
    }
    if (round >= 0) pairs.push([samples.get(ours)!, samples.get(theirs)!]);
  }
  const middle = (of: (pair: [Sample, Sample]) => number) => median(pairs.map(of));
  console.log(
    `  ${id}: ${Math.round(middle(([our]) => our.perSecond))}/s and ${Math.round(middle(([our]) => our.cpu))} µs, ` +
      `theirs ${Math.round(middle(([, their]) => their.perSecond))}/s and ${Math.round(middle(([, their]) => their.cpu))} µs`,
  );
  const requests = middle(([our, their]) => our.perSecond / their.perSecond);
  const time = middle(([our, their]) => our.cpu / their.cpu);
  const row = { baseline: BASELINE };
  const suffix = `${what}, ${concurrency} at a time`;
  return [
    {
      ...row,
      id,
      what: `requests/s: ${suffix}`,
      ratio: requests,
      goal: `≥ ${speed}×`,
      pass: requests >= speed,
    },
    { ...row, id: `${id}-cpu`, what: `CPU: ${suffix}`, ratio: time, goal: `≤ ${cpu}×`, pass: time <= cpu },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await rows({ quick: process.argv.includes('--quick') })) {
    const verdict = row.pass ? 'ok  ' : 'MISS';
    console.log(
      `${verdict} ${row.id.padEnd(7)} ${row.ratio.toFixed(2)}× (${row.goal}) ${row.what} vs ${row.baseline}`,
    );
  }
  process.exit(0);
}
