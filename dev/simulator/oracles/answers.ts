/** What partners were told of their orders, and whether it stays true. */
import type { WebhookReply } from '../../../lib/partners/reply.ts';
import type { Attributes } from '../dynamodb/attributes.ts';
import type { Commit } from '../dynamodb/database.ts';
import type { Arrival } from '../dynamodb/wire.ts';
import { NAMES } from '../process/stage.ts';
import type { OrderStep } from '../scenario.ts';
import type { Circumstance } from '../time/process.ts';
import type { Violations } from '../violations.ts';

/** `settled`, `accepted`, `refused`, `mismatch`, `invalid`, `unavailable`, `none`; anything else is none that may be. */
type Kind = string;

interface Asked {
  order: OrderStep;
  startedAt: number;
  endedAt: number | undefined;
  kind: Kind | undefined;
  /** Of a settled one, as text. */
  data?: string;
}

interface AnswersOptions {
  violations: Violations;
  /** How long processes stood still between two moments, milliseconds. */
  frozenMs: (from: number, to: number) => number;
  /** May a partner be told now that its order is not valid? Settings may say so. */
  mayBeInvalid: () => boolean;
}

/** A webhook answers within 8 s for its effect and 2 s for its record (SPEC 7); the network takes some too. */
const IN_TIME_MS = 10_500;

const ofOrder = ({ partner, transactionId }: OrderStep): string => `${partner}#${transactionId}`;
const contentOf = ({ action, userId, amount }: OrderStep): string => `${action} ${userId} ${Number(amount)}`;

export class Answers {
  readonly #options: AnswersOptions;
  readonly #asked = new Map<string, Asked[]>();
  /** When the last refusal of an order was written, by its id. */
  readonly #refusedAt = new Map<string, number>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** An order is sent; call what this answers with what came of it. */
  asks(order: OrderStep, { timeline }: Circumstance): (reply: WebhookReply | undefined) => void {
    const asked: Asked = { order, startedAt: timeline.now(), endedAt: undefined, kind: undefined };
    const id = ofOrder(order);
    this.#asked.set(id, [...(this.#asked.get(id) ?? []), asked]);
    return (reply) => {
      asked.endedAt = timeline.now();
      asked.kind = reply ? kindOf(reply) : 'none';
      if (asked.kind === 'settled') asked.data = dataOf(reply!.body);
      this.#check(id, asked, reply);
    };
  }

  /** Every order with each content that was asked for under its id. */
  orders(): OrderStep[] {
    return [...this.#asked.values()].flatMap((all) => [
      ...new Map(all.map(({ order }) => [contentOf(order), order])).values(),
    ]);
  }

  /** Was anything else ever asked for under the id of this order? */
  isAmbiguous(order: OrderStep): boolean {
    return new Set((this.#asked.get(ofOrder(order)) ?? []).map((one) => contentOf(one.order))).size > 1;
  }

  #check(id: string, asked: Asked, reply: WebhookReply | undefined): void {
    const { violations, frozenMs, mayBeInvalid } = this.#options;
    const { order, kind, startedAt, endedAt = startedAt } = asked;
    const others = (this.#asked.get(id) ?? []).filter((other) => other !== asked);
    const before = others.filter((other) => other.endedAt !== undefined && other.endedAt <= startedAt);
    const same = (other: Asked) => contentOf(other.order) === contentOf(order);
    const tell = (what: string) => violations.add(`${id} (${contentOf(order)}) ${what}`);
    const settledBefore = before.some((other) => other.kind === 'settled' && same(other));

    if (settledBefore && !['settled', 'unavailable', 'none'].includes(kind!))
      tell(`had settled, and its duplicate was answered ${reply?.status} ${reply?.body}`);
    if (kind === 'settled') {
      const first = others.find((other) => other.kind === 'settled');
      if (first && !same(first)) tell('settled, and so did another order of this id');
      if (first && same(first) && first.data !== asked.data)
        tell(`was answered ${asked.data}, and before ${first.data}`);
    } else if (kind === 'refused') {
      if (!((this.#refusedAt.get(id) ?? 0) >= startedAt))
        tell('was refused, and no such refusal was written');
    } else if (kind === 'mismatch') {
      if (!this.isAmbiguous(order)) tell('was called another order, and is the only one of its id');
    } else if (kind === 'invalid') {
      if (!mayBeInvalid()) tell(`was refused: ${reply?.body}`);
    } else if (!['accepted', 'unavailable', 'none'].includes(kind!))
      tell(`was answered ${reply?.status} ${reply?.body}`);

    const took = endedAt - startedAt;
    if (reply && took > IN_TIME_MS + frozenMs(startedAt, endedAt))
      tell(`was answered after ${took.toFixed(0)} ms`);
  }

  /**
   * Once a refusal is written, nothing that was on its way at that moment may settle the order or take it on any more,
   * whoever sent it: who is told of the refusal can rely on it.
   */
  watch({ at, changes }: Commit, arriving: Arrival | undefined): void {
    for (const { table, key, before, after } of changes) {
      if (table !== NAMES.tables.ledger) continue;
      const id = idIn(key);
      const status = after?.['status']?.S;
      if (status === 'REJECTED') this.#refusedAt.set(id, at);
      else if (status === 'PENDING' && before?.['status']?.S === 'PENDING') continue;
      else if (
        (status === 'SETTLED' || status === 'PENDING') &&
        (arriving?.sentAt ?? at) < this.#refusedAt.get(id)!
      )
        this.#options.violations.add(
          `${id} was refused, and ${status} by a request that had been sent before`,
        );
    }
  }

  /** At the end: what stands in the books is what was told. @param row of the order's id. */
  compare(order: OrderStep, row: Attributes | undefined): void {
    const wasAccepted = (this.#asked.get(ofOrder(order)) ?? []).some(({ kind }) => kind === 'accepted');
    if (wasAccepted && !row) this.#options.violations.add(`${ofOrder(order)} was accepted, and is not known`);
    const told = (this.#asked.get(ofOrder(order)) ?? []).some(({ kind }) => kind === 'settled');
    const isSettled = row?.['status']?.S === 'SETTLED';
    if (told && !isSettled)
      this.#options.violations.add(`${ofOrder(order)} was answered as settled, and is not`);
  }
}

const idIn = (key: Attributes): string => (key['pk']?.S ?? '').slice('TX#'.length);

function kindOf({ status, body }: WebhookReply): Kind {
  const { success, code } = JSON.parse(body) as { success: boolean; code?: string };
  if (success) return status === 200 ? 'settled' : status === 202 ? 'accepted' : `${status}`;
  if (code === 'INSUFFICIENT_FUNDS') return 'refused';
  if (code === 'IDEMPOTENCY_MISMATCH') return 'mismatch';
  if (code === 'VALIDATION_FAILED') return 'invalid';
  return status === 503 ? 'unavailable' : `${status} ${code}`;
}

/** Without `replayed`, which is no part of the answer. */
const dataOf = (body: string): string => body.replace(/,"replayed":true\}$/, '}');
