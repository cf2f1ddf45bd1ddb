/**
 * Writes what the commands in docs/scale.md print, and its picture: `npm run build:scale`. A block that begins with
 * `$ npm run ...` is that command and its output.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawAll, runAll } from './house-queue/figures.ts';

const ROOT = join(import.meta.dirname, '..');
export const SCALE_PAGE = join(ROOT, 'docs', 'scale.md');
export const HOUSE_PICTURE = join(ROOT, 'docs', 'house-queue.svg');

const BLOCK = /```text\n\$ npm run (?<script>[\w:-]+)(?: --)?(?<args>[^\n]*)\n[^`]*```/g;

/** The page with every command's output as it is now. */
export function withOutputs(page: string): string {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return page.replaceAll(BLOCK, (...parts) => {
    const { script, args } = parts.at(-1) as { script: string; args: string };
    const [, file = ''] = scripts[script]?.split(' ') ?? [];
    const given = args.split(' ').filter((arg) => arg !== '');
    const output = execFileSync(process.execPath, [file, ...given], { cwd: ROOT, encoding: 'utf8' });
    const command = `$ npm run ${script}${given.length > 0 ? ` -- ${given.join(' ')}` : ''}`;
    return `\`\`\`text\n${command}\n${output.trimEnd()}\n\`\`\``;
  });
}

export const housePicture = (): string => drawAll(runAll(1));

if (import.meta.main) {
  writeFileSync(SCALE_PAGE, withOutputs(readFileSync(SCALE_PAGE, 'utf8')));
  writeFileSync(HOUSE_PICTURE, housePicture());
}
