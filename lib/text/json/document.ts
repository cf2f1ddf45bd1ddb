/** A JSON number as its source text. */
export class ExactNumber {
  readonly source: string;

  /** @param source a JSON number. */
  constructor(source: string) {
    this.source = source;
  }

  /** `JSON.stringify` keeps the digits. @throws SyntaxError when `source` is no JSON value. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.source);
  }
}

export type ExactJson = null | boolean | string | ExactNumber | ExactJson[] | ExactObject;
export interface ExactObject {
  [key: string]: ExactJson;
}

/** Text that is not accepted as JSON. The message names a position, never content. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name: string = 'JsonSyntaxError';
  /** In UTF-16 units. */
  readonly position: number;
  constructor(reason: string, position: number) {
    super(`${reason} at position ${position}.`);
    this.position = position;
  }
}

/** Half a character, raw or escaped: JSON by its grammar, and text nowhere. */
export class LoneSurrogate extends JsonSyntaxError {
  override readonly name = 'LoneSurrogate';
  constructor(position: number) {
    super('A lone surrogate', position);
  }
}

/** PHP's own default; also what keeps the parser's recursion far from the end of the stack. */
export const MAX_DEPTH = 512;
