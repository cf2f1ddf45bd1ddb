/** What happened, and who was told of it: at least once, signed, in order where that was asked for, and nothing besides. */
import { accountOf, balanceIdOf, transferIdOf } from '../../../lib/ledger/keys.ts';
import { isHouse } from '../../../lib/ledger/account-id.ts';
import type { Attributes } from '../dynamodb/attributes.ts';
import type { Change, Commit } from '../dynamodb/database.ts';
import { NAMES } from '../process/stage.ts';
import type { Told } from '../platform/subscribers.ts';
import type { Violations } from '../violations.ts';

interface Audience {
  name: string;
  isOrdered: boolean;
  /** Types of events: `*`, or those that begin so. */
  wants: string;
}

/** Clocks differ by so much at most, seconds; and a request may be on its way. */
const TIMESTAMP_SECONDS = 25;

const textOf = (item: Attributes | undefined, name: string): string => item?.[name]?.S ?? '';

export class EventsTold {
  readonly #violations: Violations;
  readonly #audience: readonly Audience[];
  /** What has to be told: by what it is about, the data that tell it by. */
  readonly #due = new Map<string, Attributes>();
  /** Events in the table, by id: what each is about. */
  readonly #recorded = new Map<string, string>();
  /** Of users: their settled transfers in the order of their commits. */
  readonly #ofAccount = new Map<string, string[]>();
  readonly #placeOf = new Map<string, { account: string; place: number }>();
  /** `{subscriber} {what}`, `{subscriber} {id}` of what was answered with 2xx. */
  readonly #taken = new Set<string>();

  constructor(audience: readonly Audience[], violations: Violations) {
    this.#audience = audience;
    this.#violations = violations;
  }

  watch({ changes }: Commit): void {
    const settled: string[] = [];
    for (const change of changes) {
      if (change.table === NAMES.tables.events) this.#lookAtEvent(change);
      if (change.table !== NAMES.tables.ledger) continue;
      const what = happened(change);
      if (what === undefined) continue;
      this.#due.set(what, change.after!);
      if (what.startsWith('transfer.settled')) settled.push(what);
    }
    for (const { table, key, after } of settled.length > 0 ? changes : []) {
      const balance = table === NAMES.tables.ledger ? balanceIdOf(textOf(key, 'pk')) : undefined;
      if (balance === undefined || isHouse(accountOf(balance))) continue;
      const account = accountOf(balance);
      const what = settled.find((one) => {
        const transfer = this.#due.get(one);
        return textOf(after, 'lastTransfer').endsWith(`#${nameIn(one)}`) && transfer !== undefined;
      });
      if (what === undefined) continue;
      const order = this.#ofAccount.get(account) ?? [];
      this.#ofAccount.set(account, [...order, what]);
      this.#placeOf.set(what, { account, place: order.length });
    }
  }

  /** A row of the events' table: what is recorded, or what came of telling it. */
  #lookAtEvent({ key, before, after }: Change): void {
    if (textOf(key, 'sk') === 'EVENT' && !before && after) {
      const [id, type] = [textOf(after, 'id'), textOf(after, 'type')];
      const what = subjectOf(type, JSON.parse(textOf(after, 'dataText')) as object) ?? `${type} ${id}`;
      this.#recorded.set(id, what);
      if (type.startsWith('transfer.') ? !this.#due.has(what) : false)
        this.#violations.add(`${what} was recorded, and has not happened`);
      if (!this.#due.has(what)) this.#due.set(what, after);
    }
    const isDelivered = textOf(after, 'state') === 'delivered' && textOf(before, 'state') !== 'delivered';
    const delivery = `${textOf(after, 'subscription')} ${textOf(after, 'id')}`;
    if (isDelivered && !this.#taken.has(delivery))
      this.#violations.add(`the delivery ${delivery} counts as delivered, and was not`);
    if (textOf(after, 'state') === 'dead' && textOf(before, 'state') !== 'dead')
      this.#violations.add(`the delivery ${delivery} was given up`);
  }

  /** A request has come to a subscriber. */
  told({ subscriber, id, body, isSigned, timestamp, isTaken }: Told, now: number): void {
    const tell = (problem: string) =>
      this.#violations.add(`${subscriber} was told ${id} ${problem}: ${body}`);
    const { type, data } = JSON.parse(body) as { type: string; data: object };
    const what = this.#recorded.get(id);
    if (!isSigned) tell('without a signature that holds');
    if (Math.abs(timestamp - now / 1_000) > TIMESTAMP_SECONDS) tell('with another time');
    if (what === undefined) return tell('which was not committed');
    if (subjectOf(type, data) !== undefined && subjectOf(type, data) !== what) tell(`which is ${what}`);
    if (type === 'transfer.settled' && !isAsCommitted(data, this.#due.get(what)!))
      tell('with other contents');
    if (!isTaken) return;
    if (this.#audience.some(({ name, isOrdered }) => name === subscriber && isOrdered))
      this.#inOrder(subscriber, what);
    this.#taken.add(`${subscriber} ${id}`).add(`${subscriber} ${what}`);
  }

  #inOrder(subscriber: string, what: string): void {
    const { account, place } = this.#placeOf.get(what) ?? { account: '', place: 0 };
    const before = place > 0 ? this.#ofAccount.get(account)![place - 1] : undefined;
    if (before !== undefined && !this.#taken.has(`${subscriber} ${before}`))
      this.#violations.add(`${subscriber} was told of ${what} before ${before} of the same account`);
  }

  /** What somebody has yet to be told. */
  missing(): string[] {
    return this.#audience.flatMap(({ name, wants }) =>
      [...this.#due.keys()]
        .filter((what) => wants === '*' || what.startsWith(wants))
        .filter((what) => !this.#taken.has(`${name} ${what}`))
        .map((what) => `${name} was never told of ${what}`),
    );
  }

  compare(): void {
    for (const one of this.missing().slice(0, 1)) this.#violations.add(one);
  }
}

/** What a change of the ledger means to business code. */
function happened({ key, before, after }: Change): string | undefined {
  const id = transferIdOf(textOf(key, 'pk'));
  const status = textOf(after, 'status');
  if (!id || status === textOf(before, 'status')) return undefined;
  if (status === 'SETTLED') return `transfer.settled ${id.service}#${id.transactionId}`;
  return undefined;
}

const nameIn = (what: string): string => what.slice(what.indexOf(' ') + 1);

/** As `happened` has it, of an event's data. */
function subjectOf(type: string, data: object): string | undefined {
  const { service, transactionId } = data as { service?: string; transactionId?: string };
  return type === 'transfer.settled' ? `${type} ${service}#${transactionId}` : undefined;
}

function isAsCommitted(data: object, row: Attributes): boolean {
  const { status, amount, from, to } = data as Record<string, string>;
  const same = status === 'SETTLED' && from === textOf(row, 'from') && to === textOf(row, 'to');
  return same && Number(amount) === Number(row['amount']?.N);
}
