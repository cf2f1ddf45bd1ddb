/** All balances of a book as they were at one moment, while transfers go on. */
import { exactOf } from '../vendors/dynamodb/documents.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { isHouse } from './account-id.ts';
import type { AccountDeps } from './accounts.ts';
import { AT_ONCE, isSame, readAll, readTogether } from './balances.ts';
import type { Reading } from './balances.ts';
import type { Patience } from './contention.ts';
import type { Units } from './decimal.ts';
import { readBalance } from './items.ts';
import type { Balance } from './items.ts';
import { accountOf, balanceIdOf } from './keys.ts';
import type { BalanceId } from './keys.ts';

/** How often the users are read, at the most. */
const ROUNDS = 40;

/** The balances of a book, read as far as they can be. */
export interface Cut {
  balances: Balance[];
  /** Balance ids of rows that cannot be read. */
  corrupt: BalanceId[];
  /** They are of one moment. */
  consistent: boolean;
}

/**
 * A transfer counts one entry for a user and one for a house. Users are read again and again, and between two of
 * their readings the houses, at one moment: that moment is the cut. The users were then
 * - what both readings say, if these agree;
 * - what the later one says, if the users have counted as many transfers there as the houses: none came after the moment;
 * - what the earlier one says, if they have counted more by as many as came between the readings: all came after it.
 * The last two rely on the counts; they are believed only if they make everything add up. So what does not add up was
 * seen standing still. With a few transfers a second one round in two or three decides.
 */
export async function readCut(deps: AccountDeps, ids: BalanceId[], patience: Patience): Promise<Cut> {
  if (ids.length <= AT_ONCE) {
    const reading = await readTogether(deps, ids, patience);
    if (reading.consistent) return cutFrom(reading);
  }
  const houses = ids.filter((id) => isHouse(accountOf(id)));
  const users = ids.filter((id) => !isHouse(accountOf(id)));
  let before = await readAll(deps, users, patience);
  for (let round = 1; ; round++) {
    const moment = await readTogether(deps, houses, patience);
    const after = await readAll(deps, users, patience);
    const cut = moment.consistent ? cutAt(moment.items, before, after) : undefined;
    if (cut) return cut;
    if (round === ROUNDS || patience.clock.now() >= patience.deadlineAt)
      return cutFrom({ items: [...moment.items, ...after], consistent: false });
    before = after;
  }
}

function cutAt(houses: Item[], before: Item[], after: Item[]): Cut | undefined {
  const cut = (users: Item[]) => cutFrom({ items: [...houses, ...users], consistent: true });
  if (isSame(before, after)) return cut(after);
  const ahead = countOf(after) - countOf(houses);
  const users = ahead === 0 ? after : ahead === countOf(after) - countOf(before) ? before : undefined;
  const found = users && cut(users);
  return found && sumOf(found.balances) === 0n ? found : undefined;
}

/** `NaN` where a row holds no number. */
const countOf = (items: Item[]): number =>
  items.reduce((count, { entries }) => count + Number(exactOf(entries ?? 'none')), 0);

export const sumOf = (balances: { balance: Units }[]): Units =>
  balances.reduce((total, { balance }) => total + balance, 0n);

function cutFrom({ items, consistent }: Reading): Cut {
  const cut: Cut = { balances: [], corrupt: [], consistent };
  for (const item of items) {
    try {
      cut.balances.push(readBalance(item));
    } catch {
      cut.corrupt.push(balanceIdOf(String(item['pk'])) ?? String(item['pk']));
    }
  }
  return cut;
}
