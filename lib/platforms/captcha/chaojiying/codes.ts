/**
 * What to do about Chaojiying's `err_no` (SPEC 5), as data. First rule that fits decides; a code that is in
 * no rule means "this solver cannot help now".
 */
export type Remedy =
  /** The account or its configuration is wrong: no further try, an operator must act. */
  | 'stop'
  /** The picture is at fault: worth a try with another one. */
  | 'new-image'
  /** Too many requests: wait, then send the same picture again. */
  | 'back-off'
  /** This solver will not answer this picture, however often it is asked. */
  | 'give-up';

/** A family may have further digits: there are six-digit ones (`-100612`). */
const REMEDIES: readonly [codes: RegExp, remedy: Remedy][] = [
  [/^-(1001|1002|1004|1005|10012|10023|10052|1007\d+)$/, 'stop'],
  [/^-(2001|1006\d+)$/, 'new-image'],
  [/^-429$/, 'back-off'],
  [/^-(1011|1013\d*)$/, 'give-up'],
];

/** `code` is `err_no` as text, e.g. `"-1005"`. */
export function remedyFor(code: string): Remedy {
  return REMEDIES.find(([codes]) => codes.test(code))?.[1] ?? 'give-up';
}
