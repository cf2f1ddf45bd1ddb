/** Transfers that were given up: seen by cause, and tried again by a person. */
import pMap from 'p-map';
import * as z from 'zod';
import type { Cursors } from '../../text/cursors.ts';
import { chunks } from '../../runtime/chunks.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import type { AccountDeps } from '../accounts.ts';
import { readTransfer } from '../items.ts';
import type { GivenUp, Queued, TransferRow } from '../items.ts';
import { INDEX, deadPartition, entryOfSort, transferKey } from '../keys.ts';
import type { TransferId } from '../keys.ts';
import { mayBeTransferId } from '../post-input.ts';
import { STREAM_TURN_MS } from './accept.ts';
import { redriven, replaceRow } from './pending.ts';

export interface DeadLetter extends TransferId {
  cause: GivenUp['cause'];
  /** The error's. */
  code: string;
  detail: string;
  /** How often it was tried, in all rounds. */
  attempts: number;
  /** ISO 8601, UTC: when it was given up. */
  at: string;
}

export interface DeadLetterFilter {
  service?: string | undefined;
  cause?: GivenUp['cause'] | undefined;
}

export interface DeadLetterQuery extends DeadLetterFilter {
  /** 1 to 500, default 50. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Some, by their ids; or all that a filter finds. */
export interface RedriveInput extends DeadLetterFilter {
  transfers?: TransferId[] | undefined;
  /** Count, and change nothing. */
  dryRun?: boolean | undefined;
  /** Milliseconds since the epoch: no transfer is redriven after it. */
  deadlineAt: number;
}

export interface Redriven {
  /** How many there are, of those asked for. */
  count: number;
  /** How many of them are `PENDING` again. */
  redriven: number;
  /** Time ran out: ask again for the rest. */
  more: boolean;
}

export interface DeadLetters {
  /** Oldest first, `OURS` before `PARTNER`. @throws `VALIDATION_FAILED` for an invalid cursor. */
  list(query: DeadLetterQuery): Promise<{ items: DeadLetter[]; cursor?: string }>;
  redrive(input: RedriveInput): Promise<Redriven>;
}

export interface DeadLettersOptions extends AccountDeps {
  cursors: Cursors;
  clock: Clock;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
/** Rows redriven at the same time. */
const AT_ONCE = 10;
const CAUSES = ['OURS', 'PARTNER'] as const;

export function createDeadLetters(deps: DeadLettersOptions): DeadLetters {
  const cursors = deps.cursors.of('dead-letters', z.object({ cause: z.enum(CAUSES), sort: z.string() }));
  return {
    async list({ limit = DEFAULT_LIMIT, cursor, ...filter }) {
      const size = Math.min(Math.max(1, Math.trunc(limit)), MAX_LIMIT);
      const start = cursor === undefined ? undefined : await cursors.read(cursor);
      const found: Listed[] = [];
      for await (const listed of listedOf(deps, filter, start)) {
        found.push(listed);
        if (found.length > size) break;
      }
      const last = found.length > size ? found[size - 1] : undefined;
      const rows = await deadRows(deps, found.slice(0, size));
      return omitUndefined({
        items: rows.map(letterOf),
        cursor: last && (await cursors.write({ cause: last.cause, sort: last.sort })),
      });
    },

    async redrive({ transfers, dryRun = false, deadlineAt, ...filter }) {
      if (transfers) return redriveThese(deps, transfers, { dryRun, deadlineAt });
      const total = { count: 0, redriven: 0, more: false };
      for await (const some of chunks(listedOf(deps, filter), MAX_LIMIT)) {
        const { redriven, more } = await redriveThese(deps, some, { dryRun, deadlineAt });
        total.count += some.length;
        total.redriven += redriven;
        if (more) return { ...total, more };
      }
      return total;
    },
  };
}

/** An entry of the index. */
type Listed = TransferId & { cause: GivenUp['cause']; sort: string };

async function* listedOf(
  { documents, table }: AccountDeps,
  { service, cause }: DeadLetterFilter,
  after?: Pick<Listed, 'cause' | 'sort'>,
): AsyncGenerator<Listed, void, undefined> {
  const causes = cause === undefined ? CAUSES : [cause];
  for (const each of after ? causes.slice(causes.indexOf(after.cause)) : causes) {
    const sort = each === after?.cause ? after.sort : ' ';
    const where = { ':partition': deadPartition(each), ':sort': sort };
    const query = { table, index: INDEX, where: 'gsi1pk = :partition AND gsi1sk > :sort', values: where };
    for await (const item of queryItems(documents, query)) {
      const listed = listedItem(item, each);
      if (listed && (service === undefined || listed.service === service)) yield listed;
    }
  }
}

function listedItem({ gsi1sk }: Item, cause: GivenUp['cause']): Listed | undefined {
  const sort = String(gsi1sk);
  const entry = entryOfSort(sort);
  return entry && { service: entry.service, transactionId: entry.transactionId, cause, sort };
}

type DeadRow = TransferRow & { queued: Queued; dead: GivenUp };

/** In the order given; what is no longer dead is left out. */
async function deadRows({ documents, table }: AccountDeps, ids: TransferId[]): Promise<DeadRow[]> {
  const items = await documents.batchGet(table, ids.map(transferKey), { consistent: true });
  const byKey = new Map(items.map((item) => [item['pk'], item]));
  return ids.flatMap((id) => {
    const item = byKey.get(transferKey(id)['pk']);
    const row = item && readable(item);
    return row && isDead(row) ? [row] : [];
  });
}

const isDead = (row: TransferRow): row is DeadRow =>
  row.transfer.status === 'DEAD' && row.queued !== undefined && row.dead !== undefined;

/** One row that cannot be read hides no other: the trial balance names it. */
function readable(item: Item): TransferRow | undefined {
  try {
    return readTransfer(item);
  } catch (error) {
    if (!isGatewayError(error, 'INTERNAL')) throw error;
    return undefined;
  }
}

function letterOf({ transfer, dead }: DeadRow): DeadLetter {
  const { service, transactionId, attempts, history } = transfer;
  return { transactionId, service, ...dead, attempts, at: history.at(-1)!.at };
}

async function redriveThese(
  deps: DeadLettersOptions,
  ids: TransferId[],
  { dryRun, deadlineAt }: { dryRun: boolean; deadlineAt: number },
): Promise<Redriven> {
  for (const id of ids) if (!mayBeTransferId(id)) throw invalid('transfers', 'holds an id that is too long');
  const rows = await deadRows(deps, ids);
  const answer = { count: rows.length, redriven: 0, more: false };
  if (dryRun) return answer;
  await pMap(
    rows,
    async (row) => {
      const now = deps.clock.now();
      if (now >= deadlineAt) answer.more = true;
      else if (await replaceRow(deps, row, redriven(row, now, STREAM_TURN_MS))) answer.redriven += 1;
    },
    { concurrency: AT_ONCE },
  );
  return answer;
}
