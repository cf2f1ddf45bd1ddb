/** The time given to something that is nice to have was over. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
  constructor(ms: number) {
    super(`No answer within ${ms} ms.`);
  }
}

const SLICES = 6;
/** However alive the other side is: no longer than this many budgets. */
const MAX_BUDGETS = 10;

/**
 * Stops waiting for I/O after `ms`; the I/O itself goes on and its outcome is dropped. Real time on purpose: it
 * bounds a wire, not the logic of the product.
 *
 * Time in which this process was too busy to look is not held against the other side: the budget runs in slices,
 * and one that ends late does not count. Nor does one in which the other side answered any question (`answers`
 * counts them): it is alive, and this question is waiting its turn. A burst of a thousand calls in one process must not
 * pass for an outage.
 * @throws BudgetSpent, or what `work` rejects with.
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
        else reject(new BudgetSpent(ms));
      }, slice);
    };
    wait();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
