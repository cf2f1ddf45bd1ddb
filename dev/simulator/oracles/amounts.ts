/** Amounts as oracles compare them. */
import { parseTotal, isProblem } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import type { Attributes } from '../dynamodb/attributes.ts';

/** @throws TypeError for what is no amount. */
export function unitsOf(item: Attributes | undefined, name: string): Units {
  const text = item?.[name]?.N;
  if (text === undefined) return 0n;
  const units = parseTotal(text);
  if (isProblem(units)) throw new TypeError(`${name} ${text} ${units.problem}`);
  return units;
}
