/** What remains to be repaired after moves: one task per moved person, worked on under a lease. */
import * as z from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { UserIdInput } from '../text/user-id-input.ts';
import { conditionHeld } from '../vendors/dynamodb/condition-held.ts';
import type { Documents, Expression } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import type { Keys } from './keys.ts';
import { REPAIR_LEASE_MS } from './plan-writes.ts';

const RepairTask = z.object({
  uid: UserIdInput,
  /** Token of the claim that moved the person. */
  id: z.string(),
  leaseUntil: StoredNumber,
  /** Sort key of the last direct downline row that is done. */
  after: z.string().optional(),
});
export type RepairTask = z.output<typeof RepairTask>;

export interface RepairTasksOptions {
  documents: Documents;
  table: string;
  keys: Keys;
  clock: Clock;
  report: (message: string, error: unknown) => void;
}

/**
 * Every write to a task holds only while it is this very task: a newer move of the same person replaces it, and then
 * these reject with `ConditionFailed`.
 */
export interface RepairTasks {
  /** The first tasks of the service, leased or not. `more`: there are others. */
  list(): Promise<{ tasks: RepairTask[]; more: boolean }>;
  /** `false`: another process works on it. */
  acquireLease(task: RepairTask): Promise<boolean>;
  /** Also extends the lease. */
  saveProgress(task: RepairTask, after: string): Promise<void>;
  releaseLease(task: RepairTask): Promise<void>;
  remove(task: RepairTask): Promise<void>;
}

/** Tasks read in one request. */
const LIMIT = 10;

export function createRepairTasks(options: RepairTasksOptions): RepairTasks {
  const { documents, table, keys, clock, report } = options;
  const leaseUntil = () => clock.now() + REPAIR_LEASE_MS;

  async function update({ uid, id }: RepairTask, set: string, expression: Expression): Promise<void> {
    await documents.update(table, keys.repair(uid), set, {
      condition: 'id = :id',
      ...expression,
      values: { ...expression.values, ':id': id },
    });
  }

  return {
    async list() {
      const { items, lastKey } = await documents.query({
        table,
        where: 'pk = :repairs',
        values: { ':repairs': keys.repairPartition },
        consistent: true,
        limit: LIMIT,
      });
      const tasks = items.flatMap((item) => {
        const task = RepairTask.safeParse(item);
        if (!task.success) report('A repair task cannot be read.', task.error);
        return task.success ? [task.data] : [];
      });
      return { tasks, more: lastKey !== undefined };
    },

    async acquireLease(task) {
      if (task.leaseUntil > clock.now()) return false;
      return conditionHeld(
        update(task, 'SET leaseUntil = :until', {
          condition: 'id = :id AND leaseUntil = :read',
          values: { ':until': leaseUntil(), ':read': task.leaseUntil },
        }),
      );
    },

    saveProgress: (task, after) =>
      update(task, 'SET #after = :after, leaseUntil = :until', {
        names: { '#after': 'after' },
        values: { ':after': after, ':until': leaseUntil() },
      }),

    releaseLease: (task) => update(task, 'SET leaseUntil = :past', { values: { ':past': 0 } }),

    remove: ({ uid, id }) =>
      documents.delete(table, keys.repair(uid), { condition: 'id = :id', values: { ':id': id } }),
  };
}
