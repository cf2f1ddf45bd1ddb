/** The cookbook's commands as a reader types them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Definition, Recipe } from './recipe.ts';

const run = promisify(execFile);
const GATEHOUSE = join(import.meta.dirname, '..', '..', '..', 'bin', 'gatehouse.mjs');

/** What the page's commands print, in a folder with its two files. */
export async function typed(
  definition: Definition,
  { credentials, commands }: Pick<Recipe, 'commands'> & { credentials: object },
  { url, key }: { url: string; key: string },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cookbook-'));
  const files = commands.flatMap((words) => words.filter((word) => word.endsWith('.json')));
  writeFileSync(join(folder, files[0]!), JSON.stringify(definition));
  writeFileSync(join(folder, files[1]!), JSON.stringify(credentials));
  const env = { ...process.env, GATEHOUSE_URL: url, GATEHOUSE_KEY: key };
  let out = '';
  for (const words of commands) {
    out += (await run(process.execPath, [GATEHOUSE, ...words], { cwd: folder, env })).stdout;
  }
  rmSync(folder, { recursive: true });
  return out;
}
