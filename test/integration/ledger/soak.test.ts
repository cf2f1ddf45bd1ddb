import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { soak } from './soak.ts';
import type { SoakReport } from './soak.ts';

describe('a bad day at the wire', () => {
  let stores: TestStores;
  beforeEach(async () => {
    stores = await openStores();
  });
  afterEach(() => stores.close());

  async function run(seed: number, workers: number): Promise<SoakReport> {
    const { stage, config } = stores;
    return soak({ seed, workers, movements: 150, upstream: config.endpoints.dynamodb!, stage });
  }

  it.each([
    [1, 1],
    [2, 8],
  ])(
    'L10: nothing lost, nothing twice, the books at zero, one answer for ever: seed %d, %d workers (T)',
    async (seed, workers) => {
      const report = await run(seed, workers);
      expect(report.problems).toEqual([]);
      expect(report.settled).toBeGreaterThan(100);
      expect(report.refused).toBeGreaterThan(10);
      expect(report.unknown).toBeGreaterThan(10);
    },
    120_000,
  );

  // Before `settle` held for what its post had seen, in these two a request settled after another delivery was refused.
  it.each([11, 16])(
    'L10: one answer for ever: seed %d (M3)',
    async (seed) => expect((await run(seed, 1)).problems).toEqual([]),
    120_000,
  );
});
