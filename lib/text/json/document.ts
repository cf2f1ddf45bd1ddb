const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A JSON number as its source text. */
export class ExactNumber {
  readonly source: string;

  /** @param source a JSON number; `ExactNumber.of` is for text that is not known to be one. */
  constructor(source: string) {
    this.source = source;
  }

  /** @throws SyntaxError when `source` is not a JSON number. */
  static of(source: string): ExactNumber {
    if (!NUMBER.test(source)) throw new SyntaxError('Not a JSON number.');
    return new ExactNumber(source);
  }

  /** So that a plain `JSON.stringify` keeps the digits too. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.source);
  }
}

export type ExactJson = null | boolean | string | ExactNumber | ExactJson[] | ExactObject;
export interface ExactObject {
  [key: string]: ExactJson;
}

/** Text that is not the JSON we accept. The message names a position, never content. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name = 'JsonSyntaxError';
  /** In UTF-16 units. */
  readonly position: number;
  constructor(reason: string, position: number) {
    super(`${reason} at position ${position}.`);
    this.position = position;
  }
}

/** PHP's own default; also what keeps the parser's recursion far from the end of the stack. */
export const MAX_DEPTH = 512;
