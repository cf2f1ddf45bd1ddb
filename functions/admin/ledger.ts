import { json } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { AdjustmentRequest, DeliveriesQuery, TrialBalanceQuery } from '../../lib/api/schemas.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { transferView, trialBalanceView } from '../../lib/ledger/views.ts';
import { isProblem, parseDecimal } from '../../lib/ledger/decimal.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

export const ledger = {
  async adjustBalance(request, deps) {
    const { userId, amount, reason, transactionId } = parseBody(AdjustmentRequest, request);
    const units = parseDecimal(amount);
    if (isProblem(units)) throw badAmount(units.problem);
    if (units === 0n) throw badAmount('must not be zero');
    const id = transactionId ?? `adjustment-${deps.random.id(deps.clock.now())}`;
    const { principal, deadline, requestId } = request;
    try {
      const { transfer, replayed } = await deps.ledger.adjust({
        userId,
        amount: units,
        reason,
        requestedBy: principal.id,
        transactionId: id,
        deadlineAt: deadline.at,
      });
      return json(replayed ? 200 : 201, { ...transferView(transfer), ...(replayed ? { replayed } : {}) });
    } catch (error) {
      if (!isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) throw error;
      await deps.alerts.raise({
        kind: 'TRANSFER_MISMATCH',
        subject: id,
        severity: 'critical',
        summary: `${principal.id} asked for an adjustment under the id of another transfer, ${id}.`,
      });
      // About money it is a conflict, as it is for a webhook.
      return problemResponse(error, requestId, {}, { status: 409 });
    }
  },

  async getTrialBalance(request, deps) {
    const { deep } = parseQuery(TrialBalanceQuery, request);
    return json(200, trialBalanceView(await deps.ledger.trialBalance({ deep: deep === 'true' })));
  },

  async listDeliveries(request, { deliveries }) {
    return json(200, await deliveries.search(omitUndefined(parseQuery(DeliveriesQuery, request))));
  },
} satisfies Partial<AdminHandlers>;

function badAmount(problem: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `amount ${problem}.`, {
    fields: [{ field: 'amount', message: problem }],
  });
}
