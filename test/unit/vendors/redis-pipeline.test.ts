import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pipeline } from '../../../lib/vendors/redis/pipeline.ts';
import type { Command } from '../../../lib/vendors/redis/pipeline.ts';

/** Requests as they were sent, each to be answered by the test. */
let sent: { commands: Command[]; answer: (replies?: object[]) => void; fail: (error: Error) => void }[];
let pipeline: Pipeline;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  pipeline = new Pipeline({
    request: <T>({ body }: { body: unknown }) =>
      new Promise<T>((resolve, reject) => {
        const commands = body as Command[];
        const replies = commands.map(([, key]) => ({ result: key }));
        sent.push({ commands, answer: (given = replies) => resolve(given as T), fail: reject });
      }),
  });
});
afterEach(() => void vi.useRealTimers());

const keysOf = (request: number) => sent[request]?.commands.map(([, key]) => key);
const ask = (...keys: (number | string)[]) => Promise.all(keys.map((key) => pipeline.ask(['GET', key])));
const turn = () => vi.advanceTimersByTimeAsync(0);

it('what is asked for in one turn goes in one request, at once', async () => {
  const asked = ask(1, 2, 3);
  await turn();
  expect(keysOf(0)).toEqual([1, 2, 3]);
  sent[0]!.answer();
  expect(await asked).toEqual([1, 2, 3]);
});

it('behind two requests what is asked for waits for one of them, and goes together (row 13)', async () => {
  const asked: Promise<unknown>[] = [];
  for (const key of [1, 2, 3, 4, 5]) {
    asked.push(ask(key));
    await turn();
  }
  expect([keysOf(0), keysOf(1), sent.length]).toEqual([[1], [2], 2]);
  sent[1]!.answer();
  await turn();
  expect(keysOf(2)).toEqual([3, 4, 5]);
  sent[0]!.answer();
  sent[2]!.answer();
  expect(await Promise.all(asked)).toEqual([[1], [2], [3], [4], [5]]);
  expect(sent).toHaveLength(3);
});

it('requests that hang hold up what is asked for later by 20 ms', async () => {
  for (const key of [1, 2, 3]) {
    void ask(key);
    await turn();
  }
  await vi.advanceTimersByTimeAsync(19);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(keysOf(2)).toEqual([3]);
});

it('a burst is split into requests of 100', async () => {
  const asked = ask(...Array.from({ length: 250 }, (_, key) => key));
  await turn();
  for (let at = 0; at < 3; at += 1) {
    sent[at]!.answer();
    await turn();
  }
  expect(sent.map(({ commands }) => commands.length)).toEqual([100, 100, 50]);
  expect(await asked).toEqual(Array.from({ length: 250 }, (_, key) => key));
});

it('a request that fails fails what went with it, and no other; a refusal only its command', async () => {
  const first = Promise.allSettled([pipeline.ask(['GET', 1]), pipeline.ask(['GET', 2])]);
  await turn();
  const second = Promise.allSettled([pipeline.ask(['GET', 3]), pipeline.ask(['GET', 4])]);
  await turn();
  sent[0]!.fail(new Error('reset'));
  sent[1]!.answer([{ error: 'ERR no' }, { result: 4 }]);
  expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await second).toMatchObject([{ reason: { name: 'RedisRefused' } }, { value: 4 }]);
});
