import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../../lib/runtime/key-ring.ts';
import type { Keys } from '../../../lib/runtime/key-ring.ts';

function ring() {
  const state = { keys: ['k1'] as unknown as Keys<string>, loads: 0, now: 0, down: false };
  const load = () => {
    state.loads += 1;
    return state.down ? Promise.reject(new Error('down')) : Promise.resolve(state.keys);
  };
  return { state, keys: createKeyRing(load, { now: () => state.now }) };
}

describe('a ring of keys', () => {
  it('is loaded at first use, once for many', async () => {
    const { state, keys } = ring();
    expect(state.loads).toBe(0);
    const found = await Promise.all([keys.current(), keys.current(), keys.find((key) => key === 'k1')]);
    expect(found).toEqual(['k1', 'k1', 'k1']);
    expect(state.loads).toBe(1);
  });

  it('is loaded again for a key it lacks, once a minute', async () => {
    const { state, keys } = ring();
    await keys.current();
    state.keys = ['k2', 'k1'];
    state.now = 59_999;
    expect(await keys.find((key) => key === 'k2')).toBeUndefined();
    expect(state.loads).toBe(1);
    state.now = 60_000;
    expect(await keys.find((key) => key === 'k2')).toBe('k2');
    expect(await keys.find((key) => key === 'k3')).toBeUndefined();
    expect(state.loads).toBe(2);
    expect(await keys.current()).toBe('k2');
  });

  it('tries again after a failure', async () => {
    const { state, keys } = ring();
    state.down = true;
    await expect(keys.current()).rejects.toThrow('down');
    state.down = false;
    expect(await keys.current()).toBe('k1');
  });
});
