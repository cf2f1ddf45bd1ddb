/** Lists that come in pages: their options, and their lines. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type * as z from 'zod';
import { ROUTES } from '../lib/api/routes.ts';
import { isoTime, rangeOf, wholeNumber } from './options.ts';
import { table } from './table.ts';

export interface RangeOptions {
  from?: string;
  to?: string;
}

export interface LimitOptions {
  limit: number;
  cursor?: string;
}

type Table = typeof ROUTES;
/** Routes whose answer is a page of so many. */
type ListRouteId = {
  [Id in keyof Table]: Table[Id] extends { query: { shape: { limit: z.ZodDefault } } } ? Id : never;
}[keyof Table];

export const rangeFilters = (): Option[] => [
  new Option('--from <time>', 'at or after this ISO time').argParser(isoTime),
  new Option('--to <time>', 'before this ISO time').argParser(isoTime),
];

export const withOptions = (command: Command, options: Option[]): Command =>
  options.reduce((all, option) => all.addOption(option), command);

export const rangeOptions = (command: Command): Command => withOptions(command, rangeFilters());

/** @param route whose schema says how many there may be */
export function limitOptions(command: Command, route: ListRouteId): Command {
  const bounds = ROUTES[route].query.shape.limit.unwrap();
  return command
    .addOption(
      new Option('--limit <n>', `how many, ${rangeOf(bounds)}`).argParser(wholeNumber(bounds)).default(50),
    )
    .option('--cursor <cursor>', 'the page that this leads to');
}

export function pageLines(
  { items, cursor }: { items: object[]; cursor?: string | undefined },
  columns: string[],
): string[] {
  const lines = table(items as Record<string, unknown>[], columns);
  return cursor === undefined ? lines : [...lines, '', `There is more: --cursor ${cursor}`];
}
