/** Rows as files: CSV that a spreadsheet may open, or JSON lines. */
import { stringify } from 'csv-stringify/sync';
import type { ExportFormat } from './export-schemas.ts';

export type ExportRow = object;

export const CONTENT_TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** The first line, or nothing. */
export const headOf = (format: ExportFormat, columns: readonly string[]): string =>
  format === 'csv' ? csvLine(columns) : '';

/** One line, its end included. What is no text is written as JSON. */
export function lineOf(format: ExportFormat, columns: readonly string[], row: ExportRow): string {
  if (format === 'ndjson') return `${JSON.stringify(row)}\n`;
  const values = row as Record<string, unknown>;
  return csvLine(columns.map((name) => textOf(values[name])));
}

/** A cell that a spreadsheet would run as a formula begins with an apostrophe. */
const csvLine = (cells: readonly string[]): string =>
  stringify([[...cells]], { escape_formulas: true, record_delimiter: 'windows' });

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
