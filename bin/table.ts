import { visibleLine } from './visible.ts';

/** Rows as aligned columns; empty columns are left out. */
export function table<T extends object>(rows: T[], columns: (keyof T & string)[]): string[] {
  if (rows.length === 0) return ['(none)'];
  const used = columns.filter((column) => rows.some((row) => row[column] !== undefined));
  const cells = [used as string[], ...rows.map((row) => used.map((column) => cellOf(row[column])))];
  const widths = used.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  return cells.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visibleLine(typeof value === 'string' ? value : JSON.stringify(value));
}
