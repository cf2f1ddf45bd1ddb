import { CONTENT_TYPES, headOf, lineOf } from '../../lib/api/export-format.ts';
import type { ExportRow } from '../../lib/api/export-format.ts';
import { AuditExport, CallsExport, DeliveriesExport, TransfersExport } from '../../lib/api/export-schemas.ts';
import type { ExportFormat } from '../../lib/api/export-schemas.ts';
import { parseQuery } from '../../lib/api/input.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { utc } from '../../lib/api/times.ts';
import { formatDecimal } from '../../lib/ledger/decimal.ts';
import { moneyOfService } from '../../lib/partners/money.ts';
import { remaining } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { searchAudit } from '../../lib/watch/audit/search.ts';
import type { AdminHandlers } from './handlers.ts';

/** With quotes doubled on their way through Lambda it stays below what an answer may have. */
const MAX_BYTES = 4_000_000;
/** Rows that are read at a time. */
const CHUNK = 500;
/** Where not even so many fit, the page is full. */
const SMALL_CHUNK = 32;
/** For the last of them to be read and sent, milliseconds. */
const MARGIN_MS = 4_000;

/** Of a list: `limit` rows from a cursor on. */
type Read = (
  limit: number,
  cursor: string | undefined,
) => Promise<{ items: ExportRow[]; cursor?: string | undefined }>;

export const exports = {
  async exportCalls(request, { calls, clock }) {
    const { format, cursor, limit: most, ...query } = parseQuery(CallsExport, request);
    const read: Read = (limit, at) => calls.search(omitUndefined({ ...query, limit, cursor: at }));
    return page({ request, clock, format, cursor, most, columns: CALL_COLUMNS }, read);
  },

  async exportDeliveries(request, { deliveries, clock }) {
    const { format, cursor, limit: most, ...query } = parseQuery(DeliveriesExport, request);
    const read: Read = (limit, at) => deliveries.search(omitUndefined({ ...query, limit, cursor: at }));
    return page({ request, clock, format, cursor, most, columns: DELIVERY_COLUMNS }, read);
  },

  async exportAudit(request, { audit, clock }) {
    const { format, cursor, limit: most, ...query } = parseQuery(AuditExport, request);
    const read: Read = (limit, at) => searchAudit(audit, omitUndefined({ ...query, limit, cursor: at }));
    return page({ request, clock, format, cursor, most, columns: AUDIT_COLUMNS }, read);
  },

  async exportTransfers(request, { journal, catalog, clock }) {
    const { format, cursor, limit: most, from, to, service } = parseQuery(TransfersExport, request);
    const { book } = await moneyOfService(catalog, service);
    const range = { from: utc(from), to: utc(to) };
    const read: Read = async (limit, at) => {
      const query = { ...range, service, book: book.name, limit, cursor: at };
      const found = await journal.settled({ ...query, deadlineAt: request.deadline.at - MARGIN_MS });
      const items = found.items.map(({ amount, asked, gsi1sk: _sort, ...row }) => ({
        ...row,
        amount: formatDecimal(amount),
        ...(asked && { askedAmount: formatDecimal(asked.amount), askedCurrency: asked.currency }),
      }));
      return { items, cursor: found.cursor };
    };
    return page({ request, clock, format, cursor, most, columns: TRANSFER_COLUMNS }, read);
  },
} satisfies Partial<AdminHandlers>;

interface Export {
  request: ApiRequest;
  clock: Clock;
  format: ExportFormat;
  /** Where the page before has ended. */
  cursor: string | undefined;
  /** Rows. */
  most: number;
  columns: readonly string[];
}

/** As many rows as an answer and its time hold; each page is a file of its own. */
async function page(
  { request, clock, format, most, columns, ...from }: Export,
  read: Read,
): Promise<ApiResponse> {
  const lines = [headOf(format, columns)];
  let bytes = Buffer.byteLength(lines[0]!);
  let rows = 0;
  let { cursor } = from;
  let limit = CHUNK;
  for (;;) {
    const found = await read(Math.min(limit, most - rows), cursor);
    const texts = found.items.map((row) => lineOf(format, columns, row));
    const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const isTooMuch = bytes + size > MAX_BYTES && texts.length > 1;
    if (isTooMuch && rows > 0 && limit <= SMALL_CHUNK) break;
    if (isTooMuch) {
      limit = Math.ceil(limit / 4);
      continue;
    }
    lines.push(...texts);
    [bytes, rows, cursor] = [bytes + size, rows + texts.length, found.cursor];
    const isFull = rows >= most || bytes >= MAX_BYTES;
    if (cursor === undefined || isFull || remaining(request.deadline, clock) <= MARGIN_MS) break;
  }
  return {
    status: 200,
    headers: {
      'content-type': CONTENT_TYPES[format],
      'cache-control': 'no-store',
      ...(cursor === undefined ? {} : { link: `<${next(request, cursor)}>; rel="next"` }),
    },
    body: lines.join(''),
  };
}

function next({ path, query }: ApiRequest, cursor: string): string {
  const values = new URLSearchParams(query);
  values.set('cursor', cursor);
  return `${path}?${values.toString()}`;
}

const CALL_COLUMNS = [
  'at',
  'service',
  'account',
  'operation',
  'method',
  'path',
  'status',
  'code',
  'upstreamStatus',
  'cause',
  'durationMs',
  'attempts',
  'requestId',
  'caller',
  'cached',
  'stale',
  'session',
  'request',
  'response',
  'id',
];
const DELIVERY_COLUMNS = [
  'at',
  'service',
  'action',
  'source',
  'status',
  'verdict',
  'code',
  'cause',
  'transactionId',
  'keyVersionId',
  'durationMs',
  'requestId',
  'replayOf',
  'payload',
  'id',
];
const AUDIT_COLUMNS = [
  'seq',
  'at',
  'who',
  'action',
  'target',
  'before',
  'after',
  'from',
  'requestId',
  'of',
  'failed',
  'id',
];
const TRANSFER_COLUMNS = [
  'settledAt',
  'service',
  'transactionId',
  'type',
  'from',
  'to',
  'amount',
  'askedAmount',
  'askedCurrency',
  'reason',
];
