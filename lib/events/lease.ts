/**
 * One runner for each recipient: saves work, and keeps order where order is asked for. Who takes over a lease that has
 * run out may send what its former holder still sends: deliveries come at least once.
 *
 * Whoever finds a runner at work rings: `rung` on its row counts. A runner leaves only if nobody has rung
 * since it last looked, so that what came at that moment is not left lying.
 */
import type { Clock } from '../runtime/clock.ts';
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { recipientKey } from './keys.ts';
import { readRecipient } from './recipient-items.ts';
import type { Recipient } from './recipient-items.ts';

export interface Leases {
  /** The recipient, where nobody else holds the lease; `undefined` where somebody does, or there is none. */
  acquire(recipient: string, owner: string): Promise<Recipient | undefined>;
  /** The recipient as it is now; `undefined`: somebody else has the lease, or it was deleted. */
  renew(recipient: string, owner: string): Promise<Recipient | undefined>;
  /** @returns false, and keeps the lease, where somebody has rung since it was read. */
  release(read: Recipient, owner: string): Promise<boolean>;
  /** Gives it back whatever was rung: there is more, and somebody else is called for it. */
  drop(recipient: string, owner: string): Promise<void>;
  /** @returns false where no runner is at work. */
  ring(recipient: string): Promise<boolean>;
}

/** Longer than a request may take, and short enough for deliveries of a runner that died. */
const LEASE_MS = 45_000;

export function createLeases({
  documents,
  table,
  clock,
}: {
  documents: Documents;
  table: string;
  clock: Clock;
}): Leases {
  async function write(id: string, update: string, condition: string, values: Record<string, unknown>) {
    try {
      const item = await documents.update(table, recipientKey(id), update, {
        condition: `attribute_exists(pk) AND ${condition}`,
        values,
      });
      return readRecipient(item);
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  }
  const hold = (id: string, owner: string, condition: string) =>
    write(id, 'SET leaseOwner = :owner, leaseUntil = :until', condition, {
      ':owner': owner,
      ':until': clock.now() + LEASE_MS,
      ...(condition.includes(':now') ? { ':now': clock.now() } : {}),
    });

  return {
    acquire: (id, owner) => hold(id, owner, '(attribute_not_exists(leaseUntil) OR leaseUntil < :now)'),
    renew: (id, owner) => hold(id, owner, 'leaseOwner = :owner'),
    release: async ({ id, rung }, owner) =>
      (await write(id, 'REMOVE leaseOwner, leaseUntil', 'leaseOwner = :owner AND rung = :rung', {
        ':owner': owner,
        ':rung': rung,
      })) !== undefined,
    drop: async (id, owner) =>
      void (await write(id, 'REMOVE leaseOwner, leaseUntil', 'leaseOwner = :owner', { ':owner': owner })),
    ring: async (id) =>
      (await write(id, 'ADD rung :one', 'leaseUntil > :now', { ':one': 1, ':now': clock.now() })) !==
      undefined,
  };
}
