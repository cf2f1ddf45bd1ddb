/**
 * Control characters, and those that change the direction of a line, as `\u001b`: what a third party has sent must not
 * move the cursor, recolour the screen or hide a line in front of an operator. Line breaks and tabs stay. Also right for
 * JSON: there such characters stand only in strings.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** The same for one value of a line: its line breaks would look like lines of ours. */
export const visibleLine = (text: string): string => visible(text).replace(/[\n\t]/g, escaped);

const UNSEEN = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
