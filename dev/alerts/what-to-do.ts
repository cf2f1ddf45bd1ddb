import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join('docs', 'users', 'watching.md');
/** A row of the page's table of alerts: kind, when it is raised, what to do. */
const ROW = /^\| `(?<kind>[A-Z_]+)` +\| (?<when>.*?) +\| (?<advice>.*?) +\|$/gm;

/** What to do about each kind of alert, as the page for users says it, on one line without its marks. */
export function readAdvice(root = join(import.meta.dirname, '..', '..')): ReadonlyMap<string, string> {
  const page = readFileSync(join(root, PAGE), 'utf8');
  return new Map(
    [...page.matchAll(ROW)].map(({ groups }) => [groups!['kind']!, withoutMarks(groups!['advice']!)]),
  );
}

/** For a kind that the page does not name. */
export const ADVICE_PAGE = `${PAGE}#alerts`;

const withoutMarks = (text: string) => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
