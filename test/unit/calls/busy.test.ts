import { expect, test } from 'vitest';
import { unauthenticated } from '../../../lib/auth/authenticator.ts';
import { sendWithRetry } from '../../../lib/calls/send-with-retry.ts';
import { Definition } from '../../../lib/registry/definition.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Transport } from '../../../lib/vendors/http/transport.ts';

const definition = Definition.parse({
  code: 'BUSY_PEER',
  name: 'x',
  baseUrl: 'https://x.example.com',
  auth: { type: 'NONE' },
});
const service = { definition, revision: 1, createdAt: '', updatedAt: '' };
const START = Date.parse('2026-11-21T10:00:00Z');

type Reply = [status: number, retryAfter?: string | undefined];

/** A call of 29 s to a third party that replies so; each reply takes 100 ms. Answers with status and waits. */
async function called(replies: Reply[], { repeatable = true, retries = true } = {}) {
  let now = START;
  const waits: number[] = [];
  const clock = { now: () => now, sleep: async (ms: number) => void (waits.push(ms), (now += ms)) };
  const left = [...replies];
  const transport: Transport = {
    send: async () => {
      now += 100;
      const [status, retryAfter] = left.shift()!;
      const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      return { status, headers, setCookies: [], body: Buffer.alloc(0) };
    },
    close: async () => undefined,
  };
  const progress = { attempts: 0, sessionMs: 0, upstreamMs: 0 };
  const build = () => ({ method: 'GET', url: 'https://x.example.com/', headers: {} });
  const answer = await sendWithRetry(
    {
      operation: 'op',
      service,
      build,
      repeatable,
      retries,
      timeoutSeconds: 9,
      deadline: { at: START + 29_000 },
    },
    progress,
    { authenticator: unauthenticated, transport, clock, random },
  );
  return { status: answer.status, waits, attempts: progress.attempts };
}

test('R7 a busy third party is waited for as it says, as often as it says so', async () => {
  expect(await called([[429, '7'], [503, '2'], [200]])).toEqual({
    status: 200,
    waits: [7_000, 2_000],
    attempts: 3,
  });
  const often: Reply[] = Array.from({ length: 9 }, () => [429, '1']);
  expect((await called([...often, [200]])).attempts).toBe(10);
});

test('R7 a date is as good as seconds; "at once" is a second', async () => {
  const date = new Date(START + 5_000).toUTCString();
  // The reply took 100 ms: 4.9 s are left, in whole seconds 5.
  expect((await called([[429, date], [200]])).waits).toEqual([5_000]);
  expect((await called([[429, new Date(START - 5_000).toUTCString()], [200]])).waits).toEqual([1_000]);
  expect((await called([[503, '0'], [200]])).waits).toEqual([1_000]);
});

test('R7 no wait past the deadline, none that nobody asked for, none where it is not safe', async () => {
  for (const retryAfter of ['29', '3600', '999999999', undefined, 'soon', '-1', '1e3']) {
    expect(await called([[429, retryAfter], [200]])).toEqual({ status: 429, waits: [], attempts: 1 });
  }
  expect((await called([[429, '1'], [200]], { repeatable: false })).attempts).toBe(1);
  expect((await called([[503, '1'], [200]], { retries: false })).attempts).toBe(1);
});

test('R7 503 that says nothing is a server error like any other', async () => {
  const { status, attempts, waits } = await called([[503], [503, 'soon'], [200]]);
  expect([status, attempts]).toEqual([200, 3]);
  for (const wait of waits) expect(wait).toBeLessThanOrEqual(10_000);
});
