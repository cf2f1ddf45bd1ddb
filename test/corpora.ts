/** Public corpora kept beside the project, not in it. Tests that read them are skipped where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '..', 'shared', 'corpora');

function load<T>(file: string, absent: T): T {
  const path = join(FOLDER, file);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  process.stdout.write(`skipped: no ${file} beside the project\n`);
  return absent;
}

/** minimaxir/big-list-of-naughty-strings; empty when it is not there. */
export const naughtyStrings: string[] = load<unknown[]>('naughty-strings.json', []).filter(
  (each) => typeof each === 'string',
);
