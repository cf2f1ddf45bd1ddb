/**
 * Control characters, and those that change the direction of a line, as `\u001b`: what a third party has sent must not
 * move the cursor, recolour the screen or hide a line in front of an operator. Line breaks and tabs stay. Also right for
 * JSON: there such characters stand only in strings.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** The same for one value of a line: its line breaks would look like lines of ours. */
export const visibleLine = (text: string): string => visible(text).replace(/[\n\t]/g, escaped);

// C0 without tab and line feed, DEL, C1; marks, embeddings, overrides and isolates of direction; line separators; BOM.
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
