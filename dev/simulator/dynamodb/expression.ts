/** What DynamoDB's expressions are made of, read once per text. */

export type PathStep = string | number;
export type Path = PathStep[];

export type Operand =
  | { is: 'path'; path: Path }
  | { is: 'value'; name: string }
  | { is: 'size'; of: Operand }
  | { is: 'if_not_exists'; path: Path; otherwise: Operand }
  | { is: 'list_append'; first: Operand; second: Operand }
  | { is: 'sum'; left: Operand; right: Operand; sign: 1 | -1 };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { is: 'and' | 'or'; parts: Condition[] }
  | { is: 'not'; part: Condition }
  | { is: 'compare'; comparator: Comparator; left: Operand; right: Operand }
  | { is: 'between'; operand: Operand; from: Operand; to: Operand }
  | { is: 'in'; operand: Operand; list: Operand[] }
  | { is: 'call'; name: string; operands: Operand[] };

export interface UpdateExpression {
  set: { path: Path; value: Operand }[];
  remove: Path[];
  add: { path: Path; value: Operand }[];
  delete: { path: Path; value: Operand }[];
}

const TOKEN = /\s*(?:([A-Za-z_][\w-]*|#[\w]+|:[\w]+|\d+)|(<>|<=|>=|[=<>+\-(),.[\]]))/y;

/** Reads tokens one after the other; words keep their spelling, `#name` and `:value` their first character. */
export class Tokens {
  readonly #tokens: string[] = [];
  #at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const found = TOKEN.exec(text);
      if (!found) throw new SyntaxError(`Syntax error in the expression: ${text}`);
      this.#tokens.push(found[1] ?? found[2]!);
    }
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new SyntaxError(`The expression ends too soon: ${this.text}`);
    return token;
  }

  /** Takes the token when it is this one, keywords in any case. */
  take(token: string): boolean {
    if (this.peek()?.toUpperCase() !== token.toUpperCase()) return false;
    this.#at += 1;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw new SyntaxError(`${token} is missing at ${this.peek()} in ${this.text}`);
  }

  /** Every `#name` and `:value` in it. */
  references(): string[] {
    return this.#tokens.filter((token) => token.startsWith('#') || token.startsWith(':'));
  }
}
