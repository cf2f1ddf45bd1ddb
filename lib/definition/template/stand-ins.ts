/**
 * Texts that stand for values in a rendered request. They are made of characters that no place of a request escapes, and
 * become `{{credentials.token}}` where they are read.
 */
import { namesIn } from './render.ts';
import type { Root } from './names.ts';

const OPEN = 'gatehouse-stands-for.';
const CLOSE = '.gatehouse';

/** @param name as a template has it: `credentials.token`. */
export const stand = (name: string): string => OPEN + Buffer.from(name).toString('hex') + CLOSE;

const STAND = new RegExp(`${OPEN.replace('.', '\\.')}([0-9a-f]+)${CLOSE.replace('.', '\\.')}`, 'g');

/**
 * A text with the names instead of what stands for them. Names first: a piece of one (`slice`) is found in all.
 * @param made of them by filters: shown as `***`, in each spelling of a request.
 */
export function standingFor(text: string, made: readonly string[]): string {
  const named = text.replace(STAND, (_, hex: string) => `{{${Buffer.from(hex, 'hex').toString()}}}`);
  return made
    .filter((value) => value !== '' && value.replace(STAND, '') !== '')
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
    .sort((a, b) => b.length - a.length)
    .reduce((shown, value) => shown.replaceAll(value, '***'), named);
}

/** What templates name below a root, each once: `['token']`. */
export const sentNames = (templates: readonly string[], root: Root): string[] => [
  ...new Set(templates.flatMap(namesIn).flatMap((name) => (name.root === root ? [name.path.join('.')] : []))),
];
