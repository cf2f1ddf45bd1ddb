import { REFERENCES } from './unescape.ts';

/** This many remaining characters leave a value recognisable when the others were lost. */
const ENOUGH_TO_RECOGNISE = 3;

/**
 * The source of a pattern (flags `iu`) for a value as a page may give it back: each character as it is, as a
 * character reference, percent-encoded in UTF-8 or in the page's charset, or escaped for JSON, independently
 * of its neighbours. Our own form does that: characters missing in the charset are sent as `&#220;`, others as bytes.
 *
 * @param inForm a character as a form in the page's charset has it
 */
export function mixedSpelling(value: string, inForm?: (character: string) => string): string {
  const characters = Array.from(value.toWellFormed());
  const lacking = characters.filter((character) => isLacking(character, inForm));
  // Some servers write `?` for missing characters; a value of nothing else would match too much.
  const lossy =
    characters.length - lacking.length >= ENOUGH_TO_RECOGNISE ? new Set(lacking) : new Set<string>();
  return characters.map((one) => `(?:${spellings(one, inForm, lossy.has(one)).join('|')})`).join('');
}

function spellings(
  character: string,
  inForm: ((character: string) => string) | undefined,
  lossy: boolean,
): string[] {
  const codePoint = character.codePointAt(0)!;
  const hex = codePoint.toString(16);
  const json = Array.from({ length: character.length }, (_, at) =>
    RegExp.escape(`\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`),
  ).join('');
  const isAscii = codePoint < 0x80;
  return [
    ...new Set([
      // Escaped for HTML, also more than once, or a form's reference percent-encoded.
      `(?:&(?:amp;){0,3}|%26(?:amp%3B){0,3})(?:#|%23)(?:0*${codePoint}|x0*${hex})(?:;|%3B)?`,
      ...(inForm ? [RegExp.escape(inForm(character))] : []),
      RegExp.escape(encodeURIComponent(character)),
      json,
      ...(isAscii ? namesOf(character) : ['&(?:amp;){0,3}[a-z]{2,8}[0-9]{0,2};']),
      ...(character === ' ' ? ['\\+'] : []),
      // Percent-encoded once or more, escaped for JavaScript, or for JSON within JSON.
      ...(isAscii ? [`%(?:25){0,3}${hex.padStart(2, '0')}`, `\\\\{1,4}x${hex.padStart(2, '0')}`] : []),
      `\\\\{2,4}(?:u${hex.padStart(4, '0')}|${RegExp.escape(character)})`,
      ...(lossy ? ['\\?'] : []),
      // Last: `&` and `%` also begin other spellings of themselves.
      `\\\\?${RegExp.escape(character)}`,
    ]),
  ];
}

const namesOf = (character: string): string[] =>
  Object.keys(REFERENCES)
    .filter((name) => REFERENCES[name] === character)
    .map((name) => `&(?:amp;){0,3}${name};`);

function isLacking(character: string, inForm?: (character: string) => string): boolean {
  return inForm?.(character).startsWith('%26%23') ?? false;
}
