/** What callers were told: one answer for each key, in time, and an order once. */
import type { ApiResponse } from '../../../lib/api/message.ts';
import type { SiteRecord } from '../platform/site.ts';
import type { Circumstance } from '../time/process.ts';
import type { Violations } from '../violations.ts';

interface CallAnswersOptions {
  violations: Violations;
  /** How long processes stood still between two moments, milliseconds. */
  frozenMs: (from: number, to: number) => number;
  /** How often a claim of this key was taken over, so that it ran again. */
  takeovers: (key: string) => number;
}

/** API Gateway's 30 s, less than which an answer must take, milliseconds. */
const IN_TIME_MS = 29_500;

export class CallAnswers {
  readonly #options: CallAnswersOptions;
  readonly #answers = new Map<string, Set<string>>();

  constructor(options: CallAnswersOptions) {
    this.#options = options;
  }

  /** A call is made; call what this answers with what came of it. @param key of an order. */
  asks(key: string | undefined, { timeline, step }: Circumstance): (reply: ApiResponse | undefined) => void {
    const startedAt = timeline.now();
    return (reply) => {
      if (!reply) return;
      const { violations, frozenMs } = this.#options;
      const took = timeline.now() - startedAt;
      if (took > IN_TIME_MS + frozenMs(startedAt, timeline.now()))
        violations.add(`the call ${step} was answered after ${took.toFixed(0)} ms`);
      const body = reply.body.toString();
      if (reply.status === 500) violations.add(`the call ${step} was answered 500 ${body}`);
      if (key !== undefined && reply.status === 200) this.#remember(key, body);
    };
  }

  keys(): string[] {
    return [...this.#answers.keys()];
  }

  #remember(key: string, body: string): void {
    const { violations, takeovers } = this.#options;
    const known = (this.#answers.get(key) ?? new Set<string>()).add(body);
    this.#answers.set(key, known);
    if (known.size > 1 + takeovers(key))
      violations.add(`the key ${key} was answered ${[...known].join(' and ')}`);
  }

  /** At any time: an order runs again only where its claim was taken over, or where its answer got lost. */
  compare({ orders, troubledOrders }: SiteRecord): void {
    for (const [key, times] of orders) {
      const allowed = 1 + this.#options.takeovers(key) + (troubledOrders.get(key) ?? 0);
      if (times.length > allowed)
        this.#options.violations.add(
          `the order ${key} was carried out ${times.length} times, not ${allowed}`,
        );
    }
  }
}
