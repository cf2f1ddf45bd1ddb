import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The admin key of a laptop: the one given, else one made at the first start and kept in the data directory
 * (readable by its owner alone), so that scripts keep working.
 */
export function localAdminKey(dataDir: string, given: string | undefined): string {
  if (given) return given;
  const fresh = `gh_${randomBytes(32).toString('base64url')}`;
  if (dataDir === 'memory') return fresh;
  const file = join(dataDir, 'admin-key');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept.length >= 8) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
