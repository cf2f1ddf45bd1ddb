/**
 * The recursive descent behind `parseExact`. Written for speed: one cursor over the text, strings cut by
 * `indexOf` and `slice`, escapes left to the native parser. Measured by `bench/exact-json.ts`.
 */
import { ExactNumber, JsonSyntaxError, LoneSurrogate, MAX_DEPTH } from './document.ts';
import type { ExactJson, ExactObject } from './document.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const SPACE = 0x20;
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\\\x00-\x1f]/g;
/** From this length on a pattern is faster than a loop, characters. */
const LONG = 48;
/** A power of two. */
const KEY_SLOTS = 256;

export function parseDocument(text: string): ExactJson {
  if (!text.isWellFormed()) throw new LoneSurrogate(0);
  return new Parser(text).document();
}

class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  /** Where the next backslash or control character stands, as last searched for. */
  private special = -1;
  /** Keys seen in this document, by length and ends: records repeat them, and a known string needs no new one. */
  private readonly keys: (string | undefined)[] = [];

  constructor(text: string) {
    this.text = text;
  }

  document(): ExactJson {
    const value = this.value();
    this.next();
    if (this.at < this.text.length) this.fail('Something after the end');
    return value;
  }

  /** Skips white space; answers the code of what follows (NaN at the end). */
  private next(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at++;
    }
  }

  private value(): ExactJson {
    const code = this.next();
    switch (code) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT:
        return this.object();
      case OPEN_ARRAY:
        return this.array();
      case 0x74:
        return this.literal('true', true);
      case 0x66:
        return this.literal('false', false);
      case 0x6e:
        return this.literal('null', null);
      default:
        return this.number(code);
    }
  }

  private literal<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('Not a value');
    this.at += word.length;
    return value;
  }

  private number(first: number): ExactNumber {
    const start = this.at;
    let code = first;
    if (code === 0x2d) code = this.advance();
    // No leading zeros: after "0" comes ".", "e" or the end of the number.
    if (code === 0x30) code = this.advance();
    else code = this.digits(code);
    if (code === 0x2e) code = this.digits(this.advance());
    if (code === 0x65 || code === 0x45) {
      code = this.advance();
      if (code === 0x2b || code === 0x2d) code = this.advance();
      this.digits(code);
    }
    return new ExactNumber(this.text.slice(start, this.at));
  }

  private advance(): number {
    return this.text.charCodeAt(++this.at);
  }

  /** One digit or more. */
  private digits(first: number): number {
    let code = first;
    if (!(code >= 0x30 && code <= 0x39)) this.fail('Not a value');
    do code = this.advance();
    while (code >= 0x30 && code <= 0x39);
    return code;
  }

  private string(): string {
    const start = this.at + 1;
    const end = this.text.indexOf('"', start);
    if (end < 0) this.fail('A string without end');
    if (this.holdsSpecial(start, end)) return this.escaped(start);
    this.at = end + 1;
    return this.text.slice(start, end);
  }

  /** Is there a backslash or a control character? What a search has found serves until the cursor is past it. */
  private holdsSpecial(start: number, end: number): boolean {
    if (this.special < start) {
      if (end - start < LONG) return this.holdsSpecialHere(start, end);
      SPECIAL.lastIndex = start;
      this.special = SPECIAL.test(this.text) ? SPECIAL.lastIndex - 1 : this.text.length;
    }
    return this.special < end;
  }

  private holdsSpecialHere(start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const code = this.text.charCodeAt(i);
      if (code < SPACE || code === BACKSLASH) return true;
    }
    return false;
  }

  private key(): string {
    const start = this.at + 1;
    const end = this.text.indexOf('"', start);
    const slot =
      ((end - start) * 31 + this.text.charCodeAt(start) * 7 + this.text.charCodeAt(end - 1)) &
      (KEY_SLOTS - 1);
    const known = this.keys[slot];
    if (known !== undefined && known.length === end - start && this.text.startsWith(known, start)) {
      this.at = end + 1;
      return known;
    }
    const key = this.string();
    // Only a key that reads as it is written: an escaped one may look like another key's text.
    if (key.length === this.at - 1 - start) this.keys[slot] = key;
    return key;
  }

  private escaped(start: number): string {
    let i = start;
    for (let code = this.text.charCodeAt(i); code !== QUOTE; code = this.text.charCodeAt(i)) {
      // Also true of NaN: past the end.
      if (!(code >= SPACE)) this.fail('A string that holds a control character or has no end');
      i += code === BACKSLASH ? 2 : 1;
    }
    const value = this.unescape(this.text.slice(start - 1, i + 1));
    if (!value.isWellFormed()) throw new LoneSurrogate(this.at);
    this.at = i + 1;
    return value;
  }

  private unescape(literal: string): string {
    try {
      return JSON.parse(literal) as string;
    } catch {
      return this.fail('An escape that JSON does not know');
    }
  }

  private array(): ExactJson[] {
    this.open();
    const items: ExactJson[] = [];
    if (this.next() === CLOSE_ARRAY) return this.close(items);
    for (;;) {
      items.push(this.value());
      const code = this.next();
      if (code === CLOSE_ARRAY) return this.close(items);
      if (code !== COMMA) this.fail('Neither "," nor "]"');
      this.at++;
    }
  }

  private object(): ExactObject {
    this.open();
    const members: ExactObject = {};
    let code = this.next();
    if (code === CLOSE_OBJECT) return this.close(members);
    for (;;) {
      if (code !== QUOTE) this.fail('Not a key');
      const key = this.key();
      if (this.next() !== COLON) this.fail('No ":" after a key');
      this.at++;
      const value = this.value();
      if (key === '__proto__') define(members, key, value);
      else members[key] = value;
      code = this.next();
      if (code === CLOSE_OBJECT) return this.close(members);
      if (code !== COMMA) this.fail('Neither "," nor "}"');
      this.at++;
      code = this.next();
    }
  }

  private open(): void {
    if (++this.depth > MAX_DEPTH) this.fail(`Nested deeper than ${MAX_DEPTH}`);
    this.at++;
  }

  private close<T>(container: T): T {
    this.depth--;
    this.at++;
    return container;
  }

  private fail(reason: string): never {
    throw new JsonSyntaxError(reason, this.at);
  }
}

/** An own property, where assignment would have set the prototype. */
function define(members: ExactObject, key: string, value: ExactJson): void {
  Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
}
