/**
 * A partner's list, read line by line: CSV (RFC 4180) with a header, or NDJSON. UTF-8 with or without a byte order mark, ends of
 * lines of any kind. GBK is refused, not guessed: an id that was decoded wrongly would be an id that we do not have.
 */
import { Readable, pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { JsonSyntaxError, parseExact } from '../../text/json/exact.ts';
import { COLUMNS, faultAt, readOrder } from './line.ts';
import type { LineFault, ListedOrder } from './line.ts';

export type ListFormat = 'csv' | 'ndjson';

/** No order needs as much; a quote that is never closed would take in the rest of the file. */
const MAX_LINE = 16 * 1_024;

/**
 * Each line, and what is wrong with those that cannot be taken. A fault of the whole list (`header`, `body`) is the last one.
 * @param chunks of the file's bytes. Rejects as they do.
 */
export async function* readList(
  chunks: AsyncIterable<Uint8Array>,
  format: ListFormat,
): AsyncGenerator<ListedOrder | LineFault, void, undefined> {
  const texts = decoded(chunks);
  try {
    yield* format === 'csv' ? csvLines(texts) : jsonLines(texts);
  } catch (error) {
    if (error instanceof NotUtf8) yield { field: 'body', message: NOT_UTF8 };
    else if (error instanceof CsvError) yield csvFault(error);
    else throw error;
  }
}

const NOT_UTF8 = 'is not UTF-8: convert it first, from GBK with iconv -f GBK -t UTF-8';
class NotUtf8 extends Error {}

/** Without a byte order mark. */
async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new NotUtf8();
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

interface CsvRow {
  record: string[];
  info: { lines: number };
}

async function* csvLines(
  texts: AsyncIterable<string>,
): AsyncGenerator<ListedOrder | LineFault, void, undefined> {
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_LINE,
  });
  // Whichever of the two ends with an error, the reading of the rows below ends with it.
  pipeline(Readable.from(texts), parser, () => {});
  const rows = parser as AsyncIterable<CsvRow>;
  let header: string[] | undefined;
  for await (const { record, info } of rows) {
    if (!header) {
      header = record.map((name) => name.trim());
      const faults = headerFaults(header);
      yield* faults;
      if (faults.length > 0) return;
    } else if (record.length !== header.length) {
      yield faultAt(info.lines, `has ${record.length} fields, the header has ${header.length}`);
    } else {
      yield readOrder(info.lines, Object.fromEntries(header.map((name, at) => [name, record[at]])));
    }
  }
  if (!header) yield { field: 'header', message: `is missing: ${COLUMNS.join(',')}` };
}

function headerFaults(header: string[]): LineFault[] {
  const [first = ''] = header;
  if (header.length === 1 && /[;\t|]/.test(first)) {
    return [{ field: 'header', message: 'must separate its columns by commas' }];
  }
  const twice = header.filter((name, at) => header.indexOf(name) !== at);
  return [
    ...COLUMNS.filter((name) => !header.includes(name)).map((field) => ({
      field,
      message: 'is no column of the header',
    })),
    ...twice.map((field) => ({ field, message: 'is a column of the header twice' })),
  ];
}

function csvFault({ code, lines }: CsvError & { lines?: unknown }): LineFault {
  const messages: Partial<Record<typeof code, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'opens a quote that nothing closes',
    CSV_INVALID_CLOSING_QUOTE: 'goes on after a closing quote',
    INVALID_OPENING_QUOTE: 'has a quote within a field that does not begin with one',
    CSV_MAX_RECORD_SIZE: `is longer than ${MAX_LINE} characters: is a quote not closed?`,
  };
  return faultAt(Number(lines), messages[code] ?? 'is no CSV');
}

async function* jsonLines(
  texts: AsyncIterable<string>,
): AsyncGenerator<ListedOrder | LineFault, void, undefined> {
  let line = 0;
  for await (const text of linesOf(texts)) {
    line += 1;
    if (text.length > MAX_LINE) {
      yield faultAt(line, `is longer than ${MAX_LINE} characters`);
      return;
    }
    if (text.trim() !== '') yield jsonOrder(line, text);
  }
}

function jsonOrder(line: number, text: string): ListedOrder | LineFault {
  try {
    const value = parseExact(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return readOrder(line, value as Record<string, unknown>);
    return faultAt(line, 'is no JSON object');
  } catch (error) {
    if (error instanceof JsonSyntaxError) return faultAt(line, 'is no JSON');
    throw error;
  }
}

/** One that is too long is given as far as it was read. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
    if (rest.length > MAX_LINE) break;
  }
  if (rest !== '') yield rest;
}
