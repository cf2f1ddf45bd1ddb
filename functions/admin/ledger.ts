import { json } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { AdjustmentRequest, DeliveriesQuery, TrialBalanceQuery } from '../../lib/api/schemas.ts';
import { GatewayError } from '../../lib/errors/index.ts';
import { transferView, trialBalanceView } from '../../lib/ledger/views.ts';
import { isProblem, parseDecimal } from '../../lib/money/decimal.ts';
import { given } from '../../lib/runtime/given.ts';
import type { AdminHandlers } from './handlers.ts';

export const ledger = {
  async adjustBalance(request, deps) {
    const { userId, amount, reason, transactionId } = parseBody(AdjustmentRequest, request);
    const units = parseDecimal(amount);
    if (isProblem(units)) throw badAmount(units.problem);
    if (units === 0n) throw badAmount('must not be zero');
    const { transfer, replayed } = await deps.ledger.adjust({
      userId,
      amount: units,
      reason,
      requestedBy: request.principal.id,
      transactionId: transactionId ?? `adjustment-${deps.random.id(deps.clock.now())}`,
      deadlineAt: request.deadline.at,
    });
    return json(replayed ? 200 : 201, { ...transferView(transfer), ...(replayed ? { replayed } : {}) });
  },

  async getTrialBalance(request, deps) {
    const { deep } = parseQuery(TrialBalanceQuery, request);
    return json(200, trialBalanceView(await deps.ledger.trialBalance({ deep: deep === 'true' })));
  },

  async listDeliveries(request, { deliveries }) {
    return json(200, await deliveries.search(given(parseQuery(DeliveriesQuery, request))));
  },
} satisfies Partial<AdminHandlers>;

function badAmount(problem: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `amount ${problem}.`, {
    fields: [{ field: 'amount', message: problem }],
  });
}
