/**
 * Points one picture costs, by `codetype`, in tenths (the price list has halves). Source: Chaojiying's public
 * price list (`/price.html`). A type that is not here counts as `DEFAULT_TENTHS`, so that
 * its budget is rather spent too early.
 */
const TENTHS: ReadonlyMap<number, number> = new Map([
  // Latin letters and digits
  [1902, 100],
  [1101, 100],
  [1004, 100],
  [1005, 120],
  [1006, 150],
  [1007, 175],
  [1008, 200],
  [1009, 225],
  [1010, 250],
  [1012, 300],
  [1020, 500],
  // Chinese characters
  [2001, 100],
  [2002, 200],
  [2003, 300],
  [2004, 400],
  [2005, 500],
  [2006, 600],
  [2007, 700],
  // Latin letters
  [3004, 100],
  [3005, 120],
  [3006, 150],
  [3007, 175],
  [3008, 200],
  [3012, 300],
  // digits
  [4004, 100],
  [4005, 120],
  [4006, 150],
  [4007, 175],
  [4008, 200],
  [4111, 250],
  // sums
  [6001, 150],
  [6003, 250],
]);

const DEFAULT_TENTHS = 150;

/** Tenths of a point that a picture of this type costs. */
export function priceOf(codetype: number): number {
  return TENTHS.get(codetype) ?? DEFAULT_TENTHS;
}
