/** The house account under load: the model is the code's, and does what queues do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as model from '../../../dev/house-queue/posting.ts';
import { simulate } from '../../../dev/house-queue/simulate.ts';
import { Timeline } from '../../../dev/house-queue/timeline.ts';
import { HOUSE_PICTURE, housePicture } from '../../../dev/scale-page.ts';
import { readServerlessFile } from '../../../dev/serverless-file.ts';
import { DEFAULT_PATIENCE_MS } from '../../../lib/ledger/contention.ts';
import { waitForNextTry } from '../../../lib/runtime/patience.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const usual = { rate: 100, shards: 16, group: 1, otherConflicts: 0, seed: 1 };

describe('the model is the code’s', () => {
  it.each([1, 2, 5, 6, 7, 12])('waits before try %d + 1 as the ledger does', async (tries) => {
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: (ms: number) => Promise.resolve(void waits.push(ms)) };
    const random = { fraction: () => 1 } as never;
    await waitForNextTry({ clock, random, deadlineAt: 1e9 }, tries);
    expect(waits).toEqual([Math.min(model.LONGEST_WAIT_MS, model.FIRST_WAIT_MS * 2 ** (tries - 1))]);
  });

  it('has its patience, batches and workers', () => {
    expect(model.PATIENCE_MS).toBe(DEFAULT_PATIENCE_MS);
    const settling = (file: string) => readFileSync(join(ROOT, 'lib/ledger/settlement', file), 'utf8');
    expect(settling('settle-one.ts')).toContain('PATIENCE_MS = 3_000;');
    expect(model.QUEUED_PATIENCE_MS).toBe(3_000);
    expect(settling('settle-batch.ts')).toContain(`CONCURRENCY = ${model.AT_ONCE};`);
    const { functions } = readServerlessFile({ stage: 'prod', env: {} });
    const stream = JSON.stringify(functions['settle']!.events);
    expect(stream).toContain(`"batchSize":${model.BATCH_SIZE}`);
    expect(stream).toContain(`"parallelizationFactor":${model.WORKERS / 4}`);
  });
});

describe('time', () => {
  it('goes on in order; what is due at once happens as it was asked for', () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    for (const [name, ms] of [
      ['d', 30],
      ['a', 10],
      ['c', 20],
      ['b', 10],
      ['e', 30],
    ] as const) {
      timeline.after(ms, () => seen.push(`${name}${timeline.now}`));
    }
    timeline.after(5, () => timeline.after(10, () => seen.push('new15')));
    timeline.run(() => false);
    expect(seen).toEqual(['a10', 'b10', 'new15', 'c20', 'd30', 'e30']);
  });
});

describe('a house', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(simulate(usual)).toEqual(simulate(usual));
    expect(simulate({ ...usual, seed: 2 })).not.toEqual(simulate(usual));
  });

  it('that is hardly used takes one transaction’s time, and loses nobody', () => {
    const { p50, p99, failed, settledPerSecond, throttled } = simulate({ ...usual, rate: 25 });
    expect(p50).toBeGreaterThan(9);
    expect(p50).toBeLessThan(11);
    expect(p99).toBeLessThan(40);
    expect([failed, throttled]).toEqual([0, 0]);
    expect(Math.abs(settledPerSecond / 25 - 1)).toBeLessThan(0.1);
  });

  it('never settles more than its items have write units for', () => {
    const flooded = simulate({ ...usual, shards: 1, rate: 400 });
    expect(flooded.settledPerSecond).toBeLessThan(500);
    expect(flooded.throttled).toBeGreaterThan(1);
    expect(flooded.failed).toBeGreaterThan(0);
  });

  it('carries more on more shards', () => {
    const settled = [1, 4, 16].map((shards) => simulate({ ...usual, shards, rate: 800 }).settledPerSecond);
    expect(settled[1]).toBeGreaterThan(settled[0]! * 3);
    expect(settled[2]).toBeGreaterThan(settled[1]!);
  });

  it('that is full settles more in larger batches', () => {
    const full = (group: number) => simulate({ ...usual, rate: 6_400, group }).settledPerSecond;
    expect(full(25)).toBeGreaterThan(full(2) * 1.3);
  });

  it('waits longer where more is cancelled, at the same throughput', () => {
    const [calm, rough] = [0, 0.2].map((otherConflicts) => simulate({ ...usual, rate: 400, otherConflicts }));
    expect(rough!.p99).toBeGreaterThan(calm!.p99 * 1.5);
    expect(rough!.conflicts).toBeGreaterThan(calm!.conflicts + 0.2);
    expect(Math.abs(rough!.settledPerSecond / 400 - 1)).toBeLessThan(0.1);
  });
});

it('its picture is the one in docs: npm run build:scale', () => {
  expect(readFileSync(HOUSE_PICTURE, 'utf8')).toBe(housePicture());
}, 120_000);
