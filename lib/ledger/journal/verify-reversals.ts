/**
 * A transfer and its reversal name each other, one to one. The mark on the first comes after it was sealed and cannot be in
 * its hash; the reversal is sealed with the name of what it reverses, and the two are compared.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { patiently } from '../contention.ts';
import { idText, transferKey } from '../keys.ts';
import type { TransferId } from '../keys.ts';
import type { Transfer } from '../ledger.ts';
import { mayBeTransferId } from '../post-input.ts';
import type { JournalStore } from './page.ts';
import { settledIn } from './row-faults.ts';
import { rowsById } from './settled-rows.ts';
import type { Violation } from './verification.ts';

/** How long a pair that is just being written is waited for. */
const PATIENCE_MS = 3_000;

export type ReversalDeps = JournalStore & { clock: Clock; random: Random };

/** Which of two said so, and whom it named. */
interface Claim {
  by: 'original' | 'reversal';
  original: TransferId;
  reversal: TransferId;
}

type Find = (id: TransferId) => Transfer | undefined;

/** @param rows that were read, by `{service}#{transactionId}`. @throws `STORE_UNAVAILABLE` */
export async function reversalFaults(
  deps: ReversalDeps,
  rows: ReadonlyMap<string, Item>,
): Promise<Violation[]> {
  const claims = [...rows.values()].flatMap(claimsOf);
  if (claims.length === 0) return [];
  const others = claims.map(({ by, original, reversal }) => (by === 'original' ? reversal : original));
  const read = new Map([
    ...rows,
    ...(await rowsById(
      deps,
      others.map((id) => ({ id: idText(id) })),
    )),
  ]);
  const found: Violation[] = [];
  for (const claim of claims) {
    if (!faultOf(claim, findIn(read))) continue;
    // Read one after the other, of a reversal under way one side may have been there: a snapshot has both, or none.
    const violation = faultOf(claim, findIn(await snapshot(deps, claim)));
    if (violation) found.push(violation);
  }
  return found;
}

function claimsOf(row: Item): Claim[] {
  const transfer = settledIn(row);
  if (!transfer) return [];
  const { service, transactionId, reverses, reversedBy } = transfer;
  const own = { service, transactionId };
  const other = (id: string) => ({ service, transactionId: id });
  return [
    ...(reversedBy === undefined
      ? []
      : [{ by: 'original' as const, original: own, reversal: other(reversedBy) }]),
    ...(reverses === undefined
      ? []
      : [{ by: 'reversal' as const, original: other(reverses), reversal: own }]),
  ];
}

const findIn =
  (rows: ReadonlyMap<string, Item>): Find =>
  (id) => {
    const row = rows.get(idText(id));
    return row && settledIn(row);
  };

async function snapshot(
  { documents, table, clock, random }: ReversalDeps,
  { original, reversal }: Claim,
): Promise<Map<string, Item>> {
  const ids = [original, reversal].filter(mayBeTransferId);
  const patience = { clock, random, deadlineAt: clock.now() + PATIENCE_MS };
  const items = await patiently(patience, () => documents.transactGet(table, ids.map(transferKey)));
  return new Map(ids.flatMap((id, at) => (items[at] ? [[idText(id), items[at]] as const] : [])));
}

function faultOf({ by, original, reversal }: Claim, find: Find): Violation | undefined {
  const [first, second] = [find(original), find(reversal)];
  if (by === 'original') {
    if (first?.reversedBy !== reversal.transactionId || second?.reverses === original.transactionId)
      return undefined;
    return {
      ...original,
      what: `says that it was reversed by ${reversal.transactionId}, which is no reversal of it`,
    };
  }
  if (second?.reverses !== original.transactionId) return undefined;
  if (!first)
    return { ...reversal, what: `reverses ${original.transactionId}, which is no settled transfer` };
  if (first.reversedBy === reversal.transactionId) return undefined;
  const instead = first.reversedBy === undefined ? 'none' : first.reversedBy;
  return {
    ...original,
    what: `was reversed by ${reversal.transactionId}, and its row names ${instead}`,
  };
}
