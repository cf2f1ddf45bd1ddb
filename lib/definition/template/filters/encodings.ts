import { Bytes } from './filter.ts';
import type { Filter, FilterInput } from './filter.ts';

/** Of what a digest or a cipher has made, else of the text in UTF-8. */
const bytesOf = ({ value, text }: FilterInput): Buffer =>
  value instanceof Bytes ? value.bytes : Buffer.from(text());

export const base64: Filter = (input) => bytesOf(input).toString('base64');
/** RFC 4648 section 5, without padding. */
export const base64url: Filter = (input) => bytesOf(input).toString('base64url');
export const hex: Filter = (input) => bytesOf(input).toString('hex');
