import type { Moment } from '../scope.ts';

/** Bytes that a digest or a cipher has made, and how they are written where no encoding follows. */
export class Bytes {
  readonly bytes: Buffer;
  readonly encoding: 'hex' | 'base64';

  constructor(bytes: Buffer, encoding: 'hex' | 'base64') {
    this.bytes = bytes;
    this.encoding = encoding;
  }

  toString(): string {
    return this.bytes.toString(this.encoding);
  }
}

/** What flows through filters: the value that a template names, texts, or bytes. */
export type Piped = unknown;

export interface FilterInput {
  value: Piped;
  /** `value` as text: bytes in their encoding. */
  text: () => string;
  /** Texts. */
  args: readonly string[];
  /** The time of the request. */
  now: Moment;
}

/** @throws FilterFault when it cannot do its work. */
export type Filter = (input: FilterInput) => Piped;

/** Why a filter cannot do its work; completes a sentence that names the placeholder. Never holds a value. */
export class FilterFault extends Error {
  override readonly name = 'FilterFault';
}
