/**
 * After somebody was moved, those below him still lie under his old superiors, as their second or third. The move
 * itself leaves a task behind (in its own transaction), and this works tasks off: at once by whoever moved, or by
 * the next who comes when he died.
 *
 * Nothing here decides what is right: `settle` works it out from the edges, under conditions. The lease only saves
 * double work; the cursor only saves reading again.
 */
import * as z from 'zod';
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import type { Clock } from '../runtime/clock.ts';
import { downlinePartition, readDownlineSort, repairKey, REPAIRS } from './keys.ts';
import { REPAIR_LEASE_MS } from './plan.ts';
import type { Relations } from './relations.ts';
import { UidInput } from './uid.ts';
import type { Uid } from './uid.ts';

export interface Repairs {
  /** Works off the tasks that nobody works on. `true`: none is left. */
  resume(): Promise<boolean>;
  /** Works off the tasks this very statement made. */
  finish(moved: readonly Uid[], token: string): Promise<void>;
}

export interface RepairsOptions {
  documents: Documents;
  table: string;
  clock: Clock;
  relations: Relations;
  /** People settled in one go; the rest is left to the next who comes. */
  most?: number;
  report: (message: string, error: unknown) => void;
}

const Task = z.object({
  uid: UidInput,
  id: z.string(),
  leaseUntil: StoredNumber,
  /** The last of his direct downline that is done with, as its sort key. */
  after: z.string().optional(),
});
type Task = z.output<typeof Task>;

interface Row {
  sort: string;
  uid: Uid;
  superiors: string;
}

/** Direct downline worked on at a time, and people below each of them. */
const CHILDREN = 8;
const GRANDCHILDREN = 4;
/** Tasks looked at in one go. */
const TASKS = 10;

export function createRepairs(options: RepairsOptions): Repairs {
  const { documents, table, clock, relations, most = 256, report } = options;

  /** His direct downline, in order; these rows are as true as the edges. */
  async function* below(uid: Uid, after?: string): AsyncGenerator<Row> {
    const pk = downlinePartition(uid);
    let startKey: Item | undefined = after === undefined ? undefined : { pk, sk: after };
    do {
      const page = await documents.query({
        table,
        where: 'pk = :pk AND begins_with(sk, :direct)',
        values: { ':pk': pk, ':direct': '1#' },
        consistent: true,
        limit: 200,
        ...(startKey ? { startKey } : {}),
      });
      for (const item of page.items) {
        const place = readDownlineSort(item['sk']);
        if (place) yield { sort: String(item['sk']), uid: place.uid, superiors: String(item['superiors']) };
      }
      startKey = page.lastKey;
    } while (startKey);
  }

  /** `false`: the budget was spent first. */
  async function work(task: Task, budget: { left: number }): Promise<boolean> {
    const { uid } = task;
    const first = (await relations.person(uid))?.superior;
    const second = first === undefined ? undefined : (await relations.person(first))?.superior;
    const recompute = async (row: Row, expected: (Uid | undefined)[]) => {
      if (row.superiors === String(expected.filter((one) => one !== undefined))) return;
      budget.left--;
      await relations.recompute(row.uid);
    };
    const oneChild = async (child: Row): Promise<boolean> => {
      await recompute(child, [uid, first, second]);
      for await (const grandchildren of chunks(below(child.uid), GRANDCHILDREN)) {
        if (budget.left <= 0) return false;
        await Promise.all(grandchildren.map((row) => recompute(row, [child.uid, uid, first])));
      }
      return true;
    };
    for await (const children of chunks(below(uid, task.after), CHILDREN)) {
      if (budget.left <= 0) return false;
      const done = await Promise.all(children.map(oneChild));
      const undone = done.indexOf(false);
      const last = undone < 0 ? children.at(-1) : children[undone - 1];
      if (last) await keep(task, last.sort);
      if (undone >= 0) return false;
    }
    return true;
  }

  const mine = ({ id }: Task) => ({ condition: 'id = :id', values: { ':id': id } });
  const keep = (task: Task, after: string) =>
    documents.update(table, repairKey(task.uid), 'SET #after = :after, leaseUntil = :until', {
      condition: 'id = :id',
      names: { '#after': 'after' },
      values: { ':id': task.id, ':after': after, ':until': clock.now() + REPAIR_LEASE_MS },
    });

  /** `false`: something of it is left. */
  async function run(task: Task, budget: { left: number }): Promise<boolean> {
    try {
      if (await work(task, budget)) {
        await documents.delete(table, repairKey(task.uid), mine(task));
        return true;
      }
      await documents.update(table, repairKey(task.uid), 'SET leaseUntil = :now', {
        condition: 'id = :id',
        values: { ':id': task.id, ':now': 0 },
      });
    } catch (error) {
      // Moved again meanwhile: a newer task has taken the place of this one.
      if (!(error instanceof ConditionFailed)) report('A downline is left to be repaired later.', error);
    }
    return false;
  }

  /** One of those who would take a task over gets it. */
  async function adopt(task: Task): Promise<boolean> {
    const now = clock.now();
    if (task.leaseUntil > now) return false;
    try {
      await documents.update(table, repairKey(task.uid), 'SET leaseUntil = :until', {
        condition: 'id = :id AND leaseUntil = :read',
        values: { ':id': task.id, ':until': now + REPAIR_LEASE_MS, ':read': task.leaseUntil },
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  return {
    async resume() {
      const { items, lastKey } = await documents.query({
        table,
        where: 'pk = :repairs',
        values: { ':repairs': REPAIRS },
        consistent: true,
        limit: TASKS,
      });
      const budget = { left: most };
      let left = lastKey !== undefined;
      for (const item of items) {
        const task = Task.safeParse(item);
        if (!task.success) report('A repair task cannot be read.', task.error);
        else if (budget.left <= 0 || !(await adopt(task.data)) || !(await run(task.data, budget)))
          left = true;
      }
      return !left;
    },

    async finish(moved, token) {
      const budget = { left: most };
      for (const uid of moved) await run({ uid, id: token, leaseUntil: 0 }, budget);
    },
  };
}

async function* chunks<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of source) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
