import { randomBytes, randomUUID } from 'node:crypto';

/** Randomness and ids, injected for the same reason as the clock. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  bytes(length: number): Buffer;
  /** A unique id that sorts by creation time: 12 hex digits of milliseconds, then randomness. */
  id(now: number): string;
  /** A v4 UUID, for owner tokens and the like. */
  uuid(): string;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => randomBytes(length),
  id: (now) => {
    // Its ends are random: Node keeps a store of bytes for it, and does not ask the system each time.
    const uuid = randomUUID();
    return now.toString(16).padStart(12, '0') + uuid.slice(0, 8) + uuid.slice(-12);
  },
  uuid: () => randomUUID(),
};
