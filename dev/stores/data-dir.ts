import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a data directory for this process. The kernel holds the lock (SQLite's, on an empty database), so it
 * ends with the process in any case: no lock can become stale.
 * @returns what frees it.
 * @throws Error that says who has it when another process does.
 */
export function takeDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(dataDir, 'lock'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error(
      `${dataDir} is in use by another Gatehouse. Stop that one, or use another directory: ` +
        'GATEHOUSE_DATA_DIR=<directory> (and another PORT).',
    );
  }
  return () => lock.close();
}
