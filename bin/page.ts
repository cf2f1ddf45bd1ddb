/** Lists that come in pages: their options, and their lines. */
import type { Command } from 'commander';
import { table } from './table.ts';

export interface RangeOptions {
  from?: string;
  to?: string;
}

export interface PageOptions extends RangeOptions {
  limit?: string;
  cursor?: string;
}

export const rangeOptions = (command: Command): Command =>
  command.option('--from <time>', 'at or after this ISO time').option('--to <time>', 'before this ISO time');

export const pageOptions = (command: Command): Command =>
  rangeOptions(command)
    .option('--limit <n>', 'how many, 1 to 500', '50')
    .option('--cursor <cursor>', 'the page that this leads to');

export function pageLines(
  { items, cursor }: { items: object[]; cursor?: string | undefined },
  columns: string[],
): string[] {
  const lines = table(items as Record<string, unknown>[], columns);
  return cursor === undefined ? lines : [...lines, '', `There is more: --cursor ${cursor}`];
}
