import { encodeForm } from '../form.ts';

/** This many remaining characters leave a value recognisable when the others were lost. */
const ENOUGH_TO_RECOGNISE = 3;

/**
 * The source of a pattern (flags `iu`) for a value as a page may give it back: each character as it is, as a
 * character reference, percent-encoded in UTF-8 or in the page's charset, or escaped for JSON, independently
 * of its neighbours. Our own form does that: characters missing in the charset are sent as `&#220;`, others as bytes.
 */
export function mixedSpelling(value: string, charset: string | undefined): string {
  const characters = Array.from(value.toWellFormed());
  const lacking = characters.filter((character) => isLacking(character, charset));
  // Some servers write `?` for missing characters; a value of nothing else would match too much.
  const lossy =
    characters.length - lacking.length >= ENOUGH_TO_RECOGNISE ? new Set(lacking) : new Set<string>();
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
