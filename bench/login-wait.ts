/**
 * Row 12: one login for N racers. How long after the session is stored its waiters have it, and what that
 * costs in Redis calls. Each racer is a process of its own as far as memory and connection go.
 */
import { randomBytes } from 'node:crypto';
import { startRedis } from '../dev/stores/redis.ts';
import { startRestFront } from '../dev/stores/upstash-rest.ts';
import { connectRedis } from '../lib/vendors/redis/redis.ts';
import type { Redis } from '../lib/vendors/redis/redis.ts';
import { STORE } from '../lib/platforms/session/scripts.ts';
import {
  countingRedis,
  processOf,
  serviceAt,
  startPlatform,
  within,
} from '../test/integration/platforms/session/scene.ts';
import type { Platform } from '../test/integration/platforms/session/scene.ts';
import { median } from './measure.ts';
import type { Row } from './measure.ts';

const RACERS = 16;
const LOGIN_MS = 400;
/** A login takes this much more or less than usual. */
const SPREAD = 0.05;
const DELAY_GOAL_MS = 20;
const CALLS_GOAL = 5;

interface Round {
  delaysMs: number[];
  callsPerWaiter: number;
}

export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  const server = await startRedis({ dataDir: 'memory', engine: 'auto' });
  const token = randomBytes(16).toString('hex');
  const front = await startRestFront({ engine: server.engine, token });
  const platform = await startPlatform();
  try {
    const service = serviceAt(platform.url, 'BENCH_LOGIN_WAIT');
    const connect = () => connectRedis({ url: front.url, token });
    // The fleet has logged in before: it knows what a login usually takes.
    platform.loginMs = LOGIN_MS;
    await processOf(connect()).acquire(service, within(20_000));

    const rounds: Round[] = [];
    for (let i = 0; i < (quick ? 3 : 21); i++) {
      platform.loginMs = LOGIN_MS * (1 + SPREAD * (2 * Math.random() - 1));
      rounds.push(await race(platform, service, connect));
    }
    const delay = median(rounds.map(({ delaysMs }) => median(delaysMs)));
    const calls = median(rounds.map(({ callsPerWaiter }) => callsPerWaiter));
    const what = `one login, ${RACERS} racers`;
    return [
      {
        id: '12',
        what: `${what}: waiters' delay, p50 ${delay.toFixed(1)} ms`,
        baseline: `${DELAY_GOAL_MS} ms after the session is stored`,
        ratio: delay / DELAY_GOAL_MS,
        goal: '<= 20 ms',
        pass: delay <= DELAY_GOAL_MS,
      },
      {
        id: '12',
        what: `${what}: ${calls.toFixed(1)} Redis calls per waiter`,
        baseline: `${CALLS_GOAL} calls`,
        ratio: calls / CALLS_GOAL,
        goal: '<= 5',
        pass: calls <= CALLS_GOAL,
      },
    ];
  } finally {
    await platform.close();
    await front.stop();
    await server.stop();
  }
}

async function race(
  platform: Platform,
  service: ReturnType<typeof serviceAt>,
  connect: () => Redis,
): Promise<Round> {
  const loginsBefore = platform.logins;
  let storedAt = 0;
  const racers = Array.from({ length: RACERS }, () => {
    const counting = countingRedis(connect());
    const run = counting.run.bind(counting);
    counting.run = async (script, keys, args) => {
      const answer = await run(script, keys, args);
      if (script === STORE) storedAt = performance.now();
      return answer as never;
    };
    return { redis: counting, sessions: processOf(counting) };
  });
  await racers[0]!.sessions.invalidate(service);
  for (const { redis } of racers) redis.calls = 0;

  const finished = await Promise.all(
    racers.map(async ({ redis, sessions }) => {
      // They arrive while the login runs.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 0.6 * LOGIN_MS));
      const { origin } = await sessions.acquire(service, within(20_000));
      return { at: performance.now(), calls: redis.calls, origin };
    }),
  );
  if (platform.logins !== loginsBefore + 1) throw new Error('There was more than one login.');
  const waiters = finished.toSorted((a, b) => a.at - b.at).slice(1);
  return {
    delaysMs: waiters.map(({ at }) => Math.max(0, at - storedAt)),
    callsPerWaiter: waiters.reduce((sum, { calls }) => sum + calls, 0) / waiters.length,
  };
}
