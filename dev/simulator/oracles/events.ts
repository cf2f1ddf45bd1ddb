/** What happened, and who was told of it: at least once, signed, in order where that was asked for, and nothing besides. */
import { accountOf, balanceIdOf, transferIdOf } from '../../../lib/ledger/keys.ts';
import { isHouse } from '../../../lib/ledger/account-id.ts';
import type { Attributes } from '../dynamodb/attributes.ts';
import type { Change, Commit } from '../dynamodb/database.ts';
import { NAMES } from '../process/stage.ts';
import type { Told } from '../platform/subscribers.ts';
import type { Violations } from '../violations.ts';

export interface Audience {
  name: string;
  isOrdered: boolean;
  /** How types of events begin that are its business; '': all. */
  wants: string;
}

/** Clocks differ, and a request may take seconds. */
const TIMESTAMP_SECONDS = 25;
const SETTLED = 'transfer.settled';

/** What happened is named by its type and whom it is about: `transfer.settled URS_A#T1`, `user.registered evt_...`. */
export class EventsTold {
  readonly #violations: Violations;
  readonly #audience: readonly Audience[];
  /** What has to be told, with the row that says so. */
  readonly #due = new Map<string, Attributes>();
  /** What an event in the table is about, by its id. */
  readonly #recorded = new Map<string, string>();
  /** Of a user's account, by what settled: what had settled on it just before. */
  readonly #before = new Map<string, string | undefined>();
  readonly #latest = new Map<string, string>();
  /** `{subscriber} {what}`, and `{subscriber} {id}`, of what was answered with 2xx. */
  readonly #taken = new Set<string>();

  constructor(audience: readonly Audience[], violations: Violations) {
    this.#audience = audience;
    this.#violations = violations;
  }

  watch({ changes }: Commit): void {
    const ofLedger = changes.filter(({ table }) => table === NAMES.tables.ledger);
    for (const change of ofLedger) if (hasSettled(change)) this.#settle(change);
    for (const { key, after } of ofLedger)
      this.#moved(balanceIdOf(textOf(key, 'pk')), textOf(after, 'lastTransfer'));
    for (const change of changes) if (change.table === NAMES.tables.events) this.#lookAtEvent(change);
  }

  #settle({ key, after }: Change): void {
    this.#due.set(`${SETTLED} ${idIn(key)}`, after!);
  }

  /** @param last `{settledAt}#{service}#{transactionId}` */
  #moved(balanceId: string | undefined, last: string): void {
    if (balanceId === undefined || isHouse(accountOf(balanceId))) return;
    const account = accountOf(balanceId);
    const what = `${SETTLED} ${last.slice(last.indexOf('#') + 1)}`;
    if (this.#before.has(what)) return;
    this.#before.set(what, this.#latest.get(account));
    this.#latest.set(account, what);
  }

  /** A row of the events' table: what is recorded, or what came of telling it. */
  #lookAtEvent({ key, before, after }: Change): void {
    if (textOf(key, 'sk') === 'EVENT' && !before && after) this.#record(after);
    const [was, is] = [textOf(before, 'state'), textOf(after, 'state')];
    const delivery = `${textOf(after, 'subscription')} ${textOf(after, 'id')}`;
    if (is === 'delivered' && was !== is && !this.#taken.has(delivery))
      this.#violations.add(`the delivery ${delivery} counts as delivered, and was not`);
    if (is === 'dead' && was !== is) this.#violations.add(`the delivery ${delivery} was given up`);
  }

  #record(event: Attributes): void {
    const [id, type] = [textOf(event, 'id'), textOf(event, 'type')];
    const what = whatIn(type, JSON.parse(textOf(event, 'dataText')) as object) ?? `${type} ${id}`;
    this.#recorded.set(id, what);
    if (type === SETTLED && !this.#due.has(what))
      this.#violations.add(`${what} was recorded, and has not happened`);
    if (!this.#due.has(what)) this.#due.set(what, event);
  }

  /** A request has come to a subscriber. */
  told({ subscriber, id, body, isSigned, timestamp, isTaken }: Told, now: number): void {
    const tell = (problem: string) =>
      this.#violations.add(`${subscriber} was told of ${id} ${problem}: ${body}`);
    const { type, data } = JSON.parse(body) as { type: string; data: object };
    const what = this.#recorded.get(id);
    if (!isSigned) tell('without a signature that holds');
    if (Math.abs(timestamp - now / 1_000) > TIMESTAMP_SECONDS) tell('with another time');
    if (what === undefined) return tell('which was not committed');
    if ((whatIn(type, data) ?? what) !== what) tell(`which is ${what}`);
    if (type === SETTLED && !isAsCommitted(data, this.#due.get(what)!)) tell('with other contents');
    if (!isTaken) return;
    this.#checkOrder(subscriber, what);
    this.#taken.add(`${subscriber} ${id}`).add(`${subscriber} ${what}`);
  }

  #checkOrder(subscriber: string, what: string): void {
    const before = this.#before.get(what);
    const isOrdered = this.#audience.some(({ name, isOrdered: asked }) => name === subscriber && asked);
    if (isOrdered && before !== undefined && !this.#taken.has(`${subscriber} ${before}`))
      this.#violations.add(`${subscriber} was told of ${what} before ${before} of the same account`);
  }

  /** What somebody has yet to be told, in words. */
  missing(): string[] {
    return this.#audience.flatMap(({ name, wants }) =>
      [...this.#due.keys()]
        .filter((what) => what.startsWith(wants) && !this.#taken.has(`${name} ${what}`))
        .map((what) => `${name} was never told of ${what}`),
    );
  }

  compare(): void {
    const [first] = this.missing();
    if (first !== undefined) this.#violations.add(first);
  }
}

const textOf = (item: Attributes | undefined, name: string): string => item?.[name]?.S ?? '';

function idIn(key: Attributes): string {
  const { service, transactionId } = transferIdOf(textOf(key, 'pk'))!;
  return `${service}#${transactionId}`;
}

const hasSettled = ({ key, before, after }: Change): boolean =>
  textOf(key, 'sk') === 'TRANSFER' &&
  textOf(after, 'status') === 'SETTLED' &&
  textOf(before, 'status') !== 'SETTLED';

/** Of what the ledger's own rows tell. */
function whatIn(type: string, data: object): string | undefined {
  const { service, transactionId } = data as { service?: string; transactionId?: string };
  return type === SETTLED ? `${type} ${service}#${transactionId}` : undefined;
}

function isAsCommitted(data: object, row: Attributes): boolean {
  const { status, amount, from, to } = data as Record<string, string>;
  const isBetween = from === textOf(row, 'from') && to === textOf(row, 'to');
  return status === 'SETTLED' && isBetween && Number(amount) === Number(row['amount']?.N);
}
