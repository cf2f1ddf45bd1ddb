/**
 * Was a book of the ledger changed by hand? Balances against transfers, the journal's chain against itself, pages against
 * rows, rows against pages. What each part finds and what not: docs/builders/journal.md
 */
import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import { formatDecimal } from '../decimal.ts';
import { idOfText, nightKey } from '../keys.ts';
import { isAccountId } from '../account-id.ts';
import type { Ledger } from '../ledger.ts';
import { OLDEST } from '../lines.ts';
import { NOTHING_BEFORE, readHead } from './page.ts';
import type { Head, JournalStore } from './page.ts';
import { sealedUpTo } from './sealed-up-to.ts';
import { TAMPERED, tampered } from './seal.ts';
import { MAX_NAMED } from './verification.ts';
import type { Position, Step, Until, Violation } from './verification.ts';
import { verifyPages } from './verify-pages.ts';
import { verifyRows } from './verify-rows.ts';

/** With more entries the sums of all transfers do not fit into a request. */
const DEEP_WITHIN_REQUEST = 200_000;
/** Left for the step that is being taken when time is over, milliseconds. */
const STEP_MS = 5_000;

export interface VerifyDeps extends JournalStore {
  /** Watched: it raises and resolves `LEDGER_UNBALANCED`. */
  ledger: Pick<Ledger, 'trialBalance'>;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}

export interface Verification {
  book: string;
  /** `null`: not known, as the pass is not over, or balances moved all the time; nothing wrong was seen. */
  ok: boolean | null;
  /** Everything that settled before this is sealed. */
  sealedUpTo: string | null;
  /** Entries of the journal that were compared with their transfers, since the pass began. */
  checked: number;
  violations: Violation[];
  /** The journal's last page, when this was answered. */
  head: { page: number; hash: string } | null;
  checkedAt: string;
}

export interface VerifyOptions {
  book: string;
  /** Where an earlier call stopped. */
  position?: Position;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
  /** Sum up all transfers, however long that takes. */
  deep?: boolean;
}

const START: Position = {
  part: 'balances',
  n: 0,
  hash: NOTHING_BEFORE,
  after: OLDEST,
  checked: 0,
  unbalanced: 0,
  tampered: 0,
  unsure: false,
};

/**
 * As much of a pass as the time allows, at least one step. Raises `LEDGER_TAMPERED` for what it finds in the journal; a whole
 * pass that finds nothing there resolves it.
 * @returns also where the next call begins; `undefined`: the pass is over.
 * @throws `STORE_UNAVAILABLE`
 */
export async function verify(
  deps: VerifyDeps,
  { book, position = START, deadlineAt, deep = false }: VerifyOptions,
): Promise<{ verification: Verification; position?: Position }> {
  const violations: Violation[] = [];
  const isOver: Until = (more) =>
    deps.clock.now() >= deadlineAt - STEP_MS || violations.length + more.length >= MAX_NAMED;
  let at = position;
  do {
    const step = await next(deps, { book, at, isOver, deep });
    violations.push(...step.violations);
    at = step.position;
  } while (at.part !== 'done' && !isOver([]));
  const isDone = at.part === 'done';
  await tell(deps.alerts, book, at);
  const head = await headOf(deps, book);
  const verification: Verification = {
    book,
    ok: verdictOf(at),
    sealedUpTo: await sealedUpTo(deps, book, head),
    checked: at.checked,
    violations,
    head: head ? { page: head.n, hash: head.hash } : null,
    checkedAt: new Date(deps.clock.now()).toISOString(),
  };
  return omitUndefined({ verification, position: isDone ? undefined : at });
}

interface NextStep {
  book: string;
  at: Position;
  isOver: Until;
  deep: boolean;
}

async function next(deps: VerifyDeps, { book, at, isOver, deep }: NextStep): Promise<Step> {
  if (at.part === 'balances') return verifyBalances(deps, book, at, deep);
  const { violations, position } =
    at.part === 'pages'
      ? await verifyPages(deps, book, at, isOver)
      : await verifyRows(deps, book, at, isOver);
  return { violations, position: { ...position, tampered: at.tampered + violations.length } };
}

function verdictOf({ part, unbalanced, tampered: found, unsure }: Position): boolean | null {
  if (unbalanced + found > 0) return false;
  return part === 'done' && !unsure ? true : null;
}

async function tell(alerts: Alerts, book: string, { part, tampered: found }: Position): Promise<void> {
  if (found > 0) await alerts.raise(tampered(book, `${found} findings`));
  else if (part === 'done') await alerts.resolve(TAMPERED, book);
}

/** One that cannot be read is among the violations. */
async function headOf(store: JournalStore, book: string): Promise<Head | undefined> {
  try {
    return await readHead(store, book);
  } catch (error) {
    if (isGatewayError(error, 'INTERNAL')) return undefined;
    throw error;
  }
}

async function verifyBalances(
  deps: VerifyDeps,
  book: string,
  position: Position,
  always: boolean,
): Promise<Step> {
  const deep = always || ((await headOf(deps, book))?.entries ?? 0) <= DEEP_WITHIN_REQUEST;
  const { violations: found, total, balanced } = await deps.ledger.trialBalance({ book, deep });
  const violations = found.map(({ accountId, problem }): Violation => ({
    ...named(accountId),
    what: problem,
  }));
  if (balanced === false && total !== 0n)
    violations.push({ what: `The balances add up to ${formatDecimal(total)}, not to 0.` });
  if (always) await keepForTheDay(deps, book, violations);
  else if (!deep) violations.push(...(await foundAtNight(deps, book)));
  const next = { ...position, part: 'pages' as const, unbalanced: violations.length };
  return { violations, position: { ...next, unsure: balanced === null } };
}

/** The trial balance names a transfer whose row cannot be read where it names accounts. */
function named(accountId: string): Partial<Violation> {
  if (isAccountId(accountId)) return { accountId };
  return idOfText(accountId) ?? { accountId };
}

const NightItem = z.object({
  at: z.string(),
  balances: z.array(z.record(z.string(), z.string())),
});

/** What the last night's sums of all transfers showed. */
async function foundAtNight({ documents, table }: JournalStore, book: string): Promise<Violation[]> {
  const item = await documents.get(table, nightKey(book));
  const night = NightItem.safeParse(item).data;
  return (night?.balances ?? []).map((violation) => ({
    ...violation,
    what: `${violation['what']} (as the nightly check saw it at ${night!.at})`,
  }));
}

/** For `foundAtNight`: a row of a few hundred bytes each. */
const MAX_KEPT = 20;

async function keepForTheDay(
  { documents, table, clock }: VerifyDeps,
  book: string,
  violations: Violation[],
): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  await documents.put(table, { ...nightKey(book), at, balances: violations.slice(0, MAX_KEPT) });
}
