import { Bytes, FilterFault } from './filter.ts';
import type { Filter } from './filter.ts';

export const upper: Filter = ({ text }) => text().toUpperCase();
export const lower: Filter = ({ text }) => text().toLowerCase();
export const trim: Filter = ({ text }) => text().trim();
export const append: Filter = ({ text, args }) => text() + args[0]!;
export const prepend: Filter = ({ text, args }) => args[0]! + text();
export const replace: Filter = ({ text, args }) => text().replaceAll(args[0]!, () => args[1]!);

/** From and to as of `String.slice`: from 0, negative from the end. */
export const slice: Filter = ({ text, args }) => text().slice(...args.map(indexOf));

function indexOf(argument: string): number {
  const index = Number(argument);
  if (argument.trim() === '' || !Number.isSafeInteger(index))
    throw new FilterFault('slice needs whole numbers');
  return index;
}

/** RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~` is percent-encoded, a space as `%20`. */
export const urlEncode: Filter = ({ text }) => {
  const value = text();
  if (!value.isWellFormed()) throw new FilterFault('is not well-formed Unicode');
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
};

/** As JSON text: of a text with its quotes. */
export const json: Filter = ({ value }) => JSON.stringify(value instanceof Bytes ? String(value) : value);

/** What stands in for a value that is absent or empty. */
export const otherwise: Filter = ({ value, args }) =>
  value === undefined || value === null || value === '' ? args[0]! : value;
