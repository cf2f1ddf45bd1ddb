/** Every invariant of every book, once a night, in as many calls as that takes. */
import * as z from 'zod';
import { conditionHeld } from '../../vendors/dynamodb/condition-held.ts';
import type { Expression } from '../../vendors/dynamodb/documents.ts';
import type { Log } from '../../vendors/log/log.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { nightKey } from '../keys.ts';
import { sealedBooks } from './page.ts';
import { Position } from './verification.ts';
import { verify } from './verify.ts';
import type { Verification, VerifyDeps } from './verify.ts';

/** 03:00 in Shanghai, where it is 8 hours later than UTC all year. */
const STARTS_AT_MS = (3 - 8) * 3_600_000;
const DAY_MS = 24 * 3_600_000;
/** Whoever is at it and says nothing for so long has died. */
const LEASE_MS = 16 * 60_000;

export interface NightlyDeps extends VerifyDeps {
  /** Names of the books that partners' settings have. Those with a journal are checked in any case. */
  books: () => Promise<string[]>;
  log: Log;
}

/** Which night, and what is left to do in it. */
const Night = z.object({
  /** Its number since the epoch. */
  night: StoredNumber,
  /** Those that are not done, the present one first. */
  books: z.array(z.string()),
  /** Within that one, as JSON. */
  position: z.string().optional(),
  leaseUntil: StoredNumber,
});
type Night = z.output<typeof Night>;

/**
 * To be called every minute: does nothing but one read unless there is a part of this night's check to be done.
 * A deep trial balance and a pass of `verify` for each book; alerts are raised and resolved on the way, and the head of
 * each journal is logged, for the hash to be known outside the database.
 * @param deadlineAt milliseconds since the epoch; a deep trial balance may take longer.
 * @returns what was checked in this call.
 * @throws `STORE_UNAVAILABLE`: the next call goes on.
 */
export async function nightlyCheck(deps: NightlyDeps, deadlineAt: number): Promise<Verification[]> {
  const { documents, table, clock } = deps;
  const item = await documents.get(table, nightKey(), { consistent: true });
  const stored = Night.safeParse(item).data;
  const night = Math.floor((clock.now() - STARTS_AT_MS) / DAY_MS);
  const isNew = stored === undefined || stored.night < night;
  if (!isNew && (stored.books.length === 0 || stored.leaseUntil > clock.now())) return [];
  const begun = isNew ? { night, books: await allBooks(deps), leaseUntil: 0 } : stored;
  const lease = { ...begun, leaseUntil: clock.now() + LEASE_MS };
  // One that cannot be read is written anew.
  const before = item ? stored && unchanged(stored) : { condition: 'attribute_not_exists(pk)' };
  if (!(await save(deps, lease, before))) return [];
  return work(deps, lease, deadlineAt);
}

async function work(deps: NightlyDeps, lease: Night, deadlineAt: number): Promise<Verification[]> {
  const done: Verification[] = [];
  let { books, position } = lease;
  while (books[0] !== undefined) {
    const [book] = books;
    const from = position === undefined ? undefined : Position.parse(JSON.parse(position));
    const part = await verify(deps, { book, deadlineAt, deep: true, ...(from && { position: from }) });
    done.push(part.verification);
    if (part.position) position = JSON.stringify(part.position);
    else {
      report(deps.log, part.verification);
      [books, position] = [books.slice(1), undefined];
    }
    if (deps.clock.now() >= deadlineAt) break;
  }
  const { night, leaseUntil } = lease;
  const left: Night = omitUndefined({ night, books, position, leaseUntil: 0 });
  await save(deps, left, unchanged({ night, leaseUntil }));
  return done;
}

/** The line that keeps the hash outside. */
function report(log: Log, { book, ok, head, sealedUpTo, checked, violations }: Verification): void {
  const fields = { book, ok, page: head?.page ?? 0, hash: head?.hash ?? '', sealedUpTo, checked };
  log.info('journal head', fields);
  if (ok === false) log.error('the ledger does not hold', { book, violations: violations.slice(0, 5) });
}

async function allBooks(deps: NightlyDeps): Promise<string[]> {
  return [...new Set([...(await deps.books()), ...(await sealedBooks(deps))])].toSorted();
}

/** @returns false: somebody else is at it. */
async function save(
  { documents, table }: NightlyDeps,
  night: Night,
  expression: Expression | undefined,
): Promise<boolean> {
  return conditionHeld(documents.put(table, { ...nightKey(), ...night }, expression));
}

const unchanged = ({ night, leaseUntil }: Pick<Night, 'night' | 'leaseUntil'>): Expression => ({
  condition: 'night = :night AND leaseUntil = :lease',
  values: { ':night': night, ':lease': leaseUntil },
});
