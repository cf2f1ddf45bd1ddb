import { encodeForm } from '../form.ts';

/** Characters that leave a value recognisable when the others were lost. */
const TELLING = 3;

/**
 * The source of a pattern (flags `iu`) for a value as a page may give it back: each character as it is, as a
 * character reference, percent-encoded in UTF-8 or in the page's charset, or escaped for JSON, whatever the
 * one beside it is. Our own form does that: what the charset lacks goes out as `&#220;`, the rest as bytes.
 */
export function mixedSpelling(value: string, charset: string | undefined): string {
  const characters = Array.from(value.toWellFormed());
  const lacking = characters.filter((character) => isLacking(character, charset));
  // Some servers write `?` for what they lack; of a value that is nothing else, that tells nothing.
  const lossy = characters.length - lacking.length >= TELLING ? new Set(lacking) : new Set<string>();
  return characters.map((one) => `(?:${spellings(one, charset, lossy.has(one)).join('|')})`).join('');
}

function spellings(character: string, charset: string | undefined, lossy: boolean): string[] {
  const codePoint = character.codePointAt(0)!;
  const hex = codePoint.toString(16);
  const form = (text: string, into?: string) => escape(encodeForm([['', text]], into).slice(1));
  const json = Array.from({ length: character.length }, (_, at) =>
    escape(`\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`),
  ).join('');
  const isAscii = codePoint < 0x80;
  return [
    ...new Set([
      // Once or twice escaped for HTML, or a form's reference percent-encoded.
      `(?:&|&amp;|%26(?:amp%3B)?)(?:#|%23)(?:0*${codePoint}|x0*${hex})(?:;|%3B)?`,
      form(character),
      form(character, charset),
      escape(encodeURIComponent(character)),
      json,
      ...(isAscii ? (NAMED[character] ?? []) : ['&(?:amp;)?[a-z]{2,8}[0-9]{0,2};']),
      ...(isAscii ? [`%${hex.padStart(2, '0')}`] : []),
      ...(lossy ? ['\\?'] : []),
      // Last: `&` and `%` also begin other spellings of themselves.
      `\\\\?${escape(character)}`,
    ]),
  ];
}

const NAMED: Record<string, string[]> = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;'],
  "'": ['&apos;'],
  ' ': ['\\+', '&nbsp;'],
};

function isLacking(character: string, charset: string | undefined): boolean {
  return encodeForm([['', character]], charset).startsWith('=%26%23');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
