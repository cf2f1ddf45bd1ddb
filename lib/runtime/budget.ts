/** Optional work did not finish within its time. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
  constructor(ms: number) {
    super(`No answer within ${ms} ms.`);
  }
}

const SLICES = 6;
/** Upper bound, in budgets, however many other answers arrive. */
const MAX_BUDGETS = 10;

/**
 * Stops waiting for I/O after `ms`; the I/O itself goes on and its outcome is dropped. Real time on purpose: it
 * bounds network I/O, not the logic of the product.
 *
 * Time in which this process was too busy does not count: the budget runs in slices, and one that ends late is
 * skipped. So is one in which the other side answered any request (`answers` counts them): it is up, and this
 * request is queued. A burst of a thousand calls in one process must not look like an outage.
 * @throws BudgetExceeded, or what `work` rejects with.
 */
export function withinBudget<T>(work: Promise<T>, ms: number, answers: () => number = () => 0): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = ms / SLICES;
    const latest = performance.now() + ms * MAX_BUDGETS;
    let left = SLICES;
    let timer: NodeJS.Timeout;
    const wait = () => {
      const due = performance.now() + slice;
      const answered = answers();
      timer = setTimeout(() => {
        const now = performance.now();
        if (now - due <= slice && answers() === answered) left -= 1;
        if (left > 0 && now < latest) wait();
        else reject(new BudgetExceeded(ms));
      }, slice);
    };
    wait();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
