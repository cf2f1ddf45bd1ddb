import type { Units } from '../ledger/decimal.ts';
import type { Ledger, Posted } from '../ledger/ledger.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import type { PartnerCatalog } from './definition.ts';
import { moneyOfService } from './money.ts';

export interface Adjustment {
  /** Code of the partner in whose book it is. */
  service: string;
  userId: string;
  /** Signed: positive gives to the user. */
  amount: Units;
  reason: string;
  requestedBy: string;
  /** Generated when absent: then a repeat is another adjustment. */
  transactionId?: string | undefined;
  deadlineAt: number;
}

export interface AdjustmentDeps {
  catalog: PartnerCatalog;
  ledger: Ledger;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}

/**
 * Moves money by hand, between a user and the control account of a partner's book.
 * @throws `NOT_FOUND` for an unknown service, and what `Ledger.post` throws; an id that belongs to another transfer
 *   raises an alert.
 */
export async function adjustBalance(adjustment: Adjustment, deps: AdjustmentDeps): Promise<Posted> {
  const { catalog, ledger, alerts, clock, random } = deps;
  const { service, requestedBy } = adjustment;
  const { book, control } = await moneyOfService(catalog, service);
  const transactionId = adjustment.transactionId ?? `adjustment-${random.id(clock.now())}`;
  try {
    return await ledger.adjust({ ...adjustment, transactionId, book, control });
  } catch (error) {
    if (isGatewayError(error, 'IDEMPOTENCY_MISMATCH')) {
      await alerts.raise({
        kind: 'TRANSFER_MISMATCH',
        subject: `${service} ${transactionId}`,
        severity: 'critical',
        summary: `${requestedBy} requested an adjustment with the id of another transfer of ${service}, ${transactionId}.`,
      });
    }
    throw error;
  }
}
