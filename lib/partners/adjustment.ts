import { createHash } from 'node:crypto';
import type { Units } from '../ledger/decimal.ts';
import type { Ledger, Posted } from '../ledger/ledger.ts';
import { changedError, GatewayError, isGatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import type { PartnerCatalog } from './definition.ts';
import { postOrFirstAnswer } from './first-answer.ts';
import { moneyOfService } from './money.ts';

export interface Adjustment {
  /** Code of the partner in whose book it is. */
  service: string;
  userId: string;
  /** Signed: positive gives to the user. */
  amount: Units;
  reason: string;
  requestedBy: string;
  /** Its identity. Absent: derived from `idempotencyKey` and who asks, so that a repeat is the same adjustment. */
  transactionId?: string | undefined;
  idempotencyKey?: string | undefined;
  deadlineAt: number;
}

export interface AdjustmentDeps {
  catalog: PartnerCatalog;
  ledger: Ledger;
  alerts: Alerts;
}

/**
 * Moves money by hand, between a user and the control account of a partner's book.
 * @throws `VALIDATION_FAILED` without an identity, `NOT_FOUND` for an unknown service, and what `Ledger.post` throws;
 *   each names the `transactionId`. An id that belongs to another transfer raises an alert.
 */
export async function adjustBalance(
  { idempotencyKey, ...adjustment }: Adjustment,
  { catalog, ledger, alerts }: AdjustmentDeps,
): Promise<Posted> {
  const { service, requestedBy, userId, amount } = adjustment;
  const transactionId = adjustment.transactionId ?? derivedId(idempotencyKey, requestedBy);
  const gives = amount > 0n;
  const order = {
    type: 'adjustment' as const,
    house: gives ? ('from' as const) : ('to' as const),
    userId,
    wanted: { amount: gives ? amount : -amount },
  };
  try {
    return await postOrFirstAnswer(ledger, { service, transactionId }, order, async () => {
      const { book, control } = await moneyOfService(catalog, service);
      return ledger.adjust({ ...adjustment, transactionId, book, control });
    });
  } catch (error) {
    if (isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) {
      await alerts.raise({
        kind: 'TRANSFER_MISMATCH',
        subject: `${service} ${transactionId}`,
        severity: 'critical',
        summary: `${requestedBy} requested an adjustment with the id of another transfer of ${service}, ${transactionId}.`,
      });
    }
    throw error instanceof GatewayError ? changedError(error, { members: { transactionId } }) : error;
  }
}

/** Keys are chosen by whoever asks: two who choose the same one mean two adjustments. */
function derivedId(idempotencyKey: string | undefined, requestedBy: string): string {
  if (idempotencyKey === undefined)
    throw invalid('transactionId', 'is required, or else an Idempotency-Key header');
  const hash = createHash('sha256').update(JSON.stringify([requestedBy, idempotencyKey]));
  return `adjustment-${hash.digest('base64url')}`;
}
