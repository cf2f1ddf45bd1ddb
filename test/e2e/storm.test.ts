import { expect, test } from 'vitest';
import { BAD_DAY, partOf } from '../faults/faults.ts';
import { storm } from '../storm.ts';

test('L10 a storm of 2,000 queued movements, a third twice, on a bad wire, killed three times: each settles once', async () => {
  const report = await storm({
    seed: 7,
    movements: 2_000,
    duplicates: 0.3,
    kills: 3,
    faults: partOf(BAD_DAY, 0.4),
  });
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ kills: 3, settled: 2_000 });
  expect(report.deliveries).toBeGreaterThan(2_500);
}, 300_000);
