import { json } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { idempotencyKey } from '../../lib/api/keyed-call.ts';
import {
  AdjustmentRequest,
  DeadLettersQuery,
  ReconcileQuery,
  SettledQuery,
  OfService,
  RedriveRequest,
  ReverseRequest,
  TrialBalanceQuery,
  VerifyQuery,
} from '../../lib/api/money-schemas.ts';
import { utc } from '../../lib/api/times.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { transferView, trialBalanceView } from '../../lib/ledger/views.ts';
import { adjustBalance } from '../../lib/partners/adjustment.ts';
import { bookNamed, moneyOfService } from '../../lib/partners/money.ts';
import type { ListFormat } from '../../lib/partners/reconcile/list.ts';
import { isOrdered, reconcile, settledOrder } from '../../lib/partners/reconcile/reconcile.ts';
import { DEFAULT_PARTNER } from '../wiring/default-partner.ts';
import type { AdminHandlers } from './handlers.ts';

/** For what is being read when time is over. */
const LISTING_MARGIN_MS = 3_000;

/** @throws `UNSUPPORTED_MEDIA_TYPE` */
function formatOf(contentType = ''): ListFormat {
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (isUtf8 && type === 'text/csv') return 'csv';
  if (isUtf8 && type === 'application/x-ndjson') return 'ndjson';
  throw new GatewayError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Send the list as text/csv or application/x-ndjson, in UTF-8.',
  );
}
/** Reserved for the answer, milliseconds. */
const ANSWER_MS = 2_000;
const redriveUntil = ({ deadline }: ApiRequest): number => deadline.at - ANSWER_MS;

export const ledger = {
  async adjustBalance(request, deps) {
    const { service = DEFAULT_PARTNER, ...adjustment } = parseBody(AdjustmentRequest, request);
    const { headers, principal, deadline, requestId } = request;
    try {
      const order = {
        ...adjustment,
        idempotencyKey: idempotencyKey(headers),
        service,
        requestedBy: principal.id,
        deadlineAt: deadline.at,
      };
      const change = { target: `transfers/${service}`, after: adjustment };
      const { transfer, replayed } = await deps.audited(change, () => adjustBalance(order, deps));
      return json(replayed ? 200 : 201, { ...transferView(transfer), ...(replayed ? { replayed } : {}) });
    } catch (error) {
      // For transfers this is a conflict (409), as for a webhook.
      if (!isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) throw error;
      return problemResponse(error, requestId, {}, { status: 409 });
    }
  },

  async reverseTransfer(request, { ledger, catalog, audited }) {
    const { service } = parseQuery(OfService, request);
    const { reason } = parseBody(ReverseRequest, request);
    const { params, principal, deadline } = request;
    const { book } = await moneyOfService(catalog, service);
    const transactionId = params['transactionId'] ?? '';
    const order = { service, transactionId, reason, requestedBy: principal.id };
    const change = { target: `transfers/${service}/${transactionId}/reverse`, after: { reason } };
    const reversal = await audited(change, () =>
      ledger.reverse({ ...order, houseShards: book.houseShards, deadlineAt: deadline.at }),
    );
    return json(201, transferView(reversal));
  },

  async listDeadLetters(request, { deadLetters }) {
    return json(200, await deadLetters.list(parseQuery(DeadLettersQuery, request)));
  },

  async redriveDeadLetters(request, { deadLetters, audited }) {
    const { all: _, ...which } = parseBody(RedriveRequest, request);
    const redrive = () => deadLetters.redrive({ ...which, deadlineAt: redriveUntil(request) });
    if (which.dryRun) return json(200, await redrive());
    return json(200, await audited({ target: 'dead-letters/redrive', after: which }, redrive));
  },

  async redriveDeadLetter(request, { deadLetters, audited }) {
    const { service } = parseQuery(OfService, request);
    const transactionId = request.params['transactionId'] ?? '';
    const redrive = async () => {
      const done = await deadLetters.redrive({
        transfers: [{ service, transactionId }],
        deadlineAt: redriveUntil(request),
      });
      if (done.count === 0) throw new GatewayError('NOT_FOUND', `${service} has no such dead letter.`);
      return done;
    };
    const target = `transfers/${service}/${transactionId}/redrive`;
    return json(200, await audited({ target }, redrive));
  },

  async getTrialBalance(request, { ledger, catalog }) {
    const { book, deep } = parseQuery(TrialBalanceQuery, request);
    const balance = await ledger.trialBalance({ book, deep: deep === 'true' });
    const currency = balance.currency ?? (await bookNamed(catalog, book))?.currency;
    if (currency === undefined) throw new GatewayError('NOT_FOUND', `Book ${book} not found.`);
    return json(200, { ...trialBalanceView(balance), currency });
  },

  async verifyLedger(request, { journal, catalog }) {
    const { book, cursor } = parseQuery(VerifyQuery, request);
    const verification = await journal.verify({ book, cursor, deadlineAt: request.deadline.at });
    const { head, violations } = verification;
    const isEmpty = head === null && violations.length === 0;
    if (isEmpty && !(await bookNamed(catalog, book)))
      throw new GatewayError('NOT_FOUND', `Book ${book} not found.`);
    return json(200, verification);
  },

  async listSettledTransfers(request, { journal, catalog }) {
    const { from, to, ...query } = parseQuery(SettledQuery, request);
    const { book } = await moneyOfService(catalog, query.service);
    const range = { from: utc(from), to: utc(to), deadlineAt: request.deadline.at - LISTING_MARGIN_MS };
    const page = await journal.settled({ ...query, ...range, book: book.name });
    return json(200, { ...page, items: page.items.filter(isOrdered).map(settledOrder) });
  },

  async reconcileLedger(request, { journal, catalog }) {
    const { service, from, to, only } = parseQuery(ReconcileQuery, request);
    const { book } = await moneyOfService(catalog, service);
    const found = await reconcile(
      {
        service,
        book: book.name,
        from: utc(from),
        to: utc(to),
        body: request.body,
        format: formatOf(request.headers['content-type']),
        isPart: only === 'theirs',
        deadlineAt: request.deadline.at - LISTING_MARGIN_MS,
      },
      journal,
    );
    return json(200, found);
  },
} satisfies Partial<AdminHandlers>;
