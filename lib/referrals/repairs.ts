/**
 * After a person was moved, those below still lie under the former superiors, as their second or third. The move
 * itself leaves a task behind (in its own transaction), and this works tasks off: at once by whoever moved, or by
 * the next request when that one died.
 *
 * Nothing here decides what is right: `recompute` works it out from the edges, under conditions. The lease only
 * saves double work; the progress on the task only saves reading again.
 */
import { chunks } from '../runtime/chunks.ts';
import type { UserId } from '../text/user-id.ts';
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import { readDownlineSort } from './keys.ts';
import type { Relations } from './relations.ts';
import { createRepairTasks } from './repair-tasks.ts';
import type { RepairTask, RepairTasksOptions } from './repair-tasks.ts';

export interface Repairs {
  /** Works off the tasks without a live lease. `true`: none is left. */
  resume(): Promise<boolean>;
  /** Works off the tasks that one claim made, by its token. */
  finish(moved: readonly UserId[], token: string): Promise<void>;
}

export interface RepairsOptions extends RepairTasksOptions {
  relations: Relations;
  /** Persons recomputed in one request; the rest is left to the next. Default 256. */
  limit?: number | undefined;
}

interface DownlineRow {
  sort: string;
  uid: UserId;
  superiors: string;
}

/** What one request may still recompute. */
interface Budget {
  left: number;
}

/** Direct downline worked on at a time, and persons below each of them. */
const CHILDREN = 8;
const GRANDCHILDREN = 4;

export function createRepairs(options: RepairsOptions): Repairs {
  const { documents, table, keys, relations, limit = 256, report } = options;
  const tasks = createRepairTasks(options);

  /** The direct downline, in order; these rows are as true as the edges. */
  async function* directDownline(uid: UserId, after?: string): AsyncGenerator<DownlineRow> {
    const pk = keys.downlinePartition(uid);
    const rows = queryItems(documents, {
      table,
      where: 'pk = :pk AND begins_with(sk, :direct)',
      values: { ':pk': pk, ':direct': '1#' },
      consistent: true,
      limit: 200,
      ...(after === undefined ? {} : { startKey: { pk, sk: after } }),
    });
    for await (const { sk, superiors } of rows) {
      const entry = readDownlineSort(sk);
      if (entry) yield { sort: String(sk), uid: entry.uid, superiors: String(superiors) };
    }
  }

  /** Recomputes whoever lies under former superiors, two generations deep. `false`: the budget was spent first. */
  async function repairBelow(task: RepairTask, budget: Budget): Promise<boolean> {
    const { uid } = task;
    const first = (await relations.person(uid))?.superior;
    const second = first === undefined ? undefined : (await relations.person(first))?.superior;
    const recompute = async (row: DownlineRow, expected: (UserId | undefined)[]) => {
      if (row.superiors === String(expected.filter((one) => one !== undefined))) return;
      budget.left--;
      await relations.recompute(row.uid);
    };
    const repairChild = async (child: DownlineRow): Promise<boolean> => {
      await recompute(child, [uid, first, second]);
      for await (const grandchildren of chunks(directDownline(child.uid), GRANDCHILDREN)) {
        if (budget.left <= 0) return false;
        await Promise.all(grandchildren.map((row) => recompute(row, [child.uid, uid, first])));
      }
      return true;
    };
    for await (const children of chunks(directDownline(uid, task.after), CHILDREN)) {
      if (budget.left <= 0) return false;
      const done = await Promise.all(children.map(repairChild));
      const undone = done.indexOf(false);
      const last = undone < 0 ? children.at(-1) : children[undone - 1];
      if (last) await tasks.saveProgress(task, last.sort);
      if (undone >= 0) return false;
    }
    return true;
  }

  /** `false`: something of it is left. */
  async function run(task: RepairTask, budget: Budget): Promise<boolean> {
    try {
      if (await repairBelow(task, budget)) {
        await tasks.remove(task);
        return true;
      }
      await tasks.releaseLease(task);
    } catch (error) {
      // Moved again meanwhile: a newer task has replaced this one.
      if (!(error instanceof ConditionFailed)) report('A downline is left to be repaired later.', error);
    }
    return false;
  }

  return {
    async resume() {
      const { tasks: open, more } = await tasks.list();
      const budget = { left: limit };
      let left = more;
      for (const task of open) {
        if (budget.left <= 0 || !(await tasks.acquireLease(task)) || !(await run(task, budget))) left = true;
      }
      return !left;
    },

    async finish(moved, token) {
      const budget = { left: limit };
      for (const uid of moved) await run({ uid, id: token, leaseUntil: 0 }, budget);
    },
  };
}
