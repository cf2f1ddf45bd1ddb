import type { TransferId } from '../ledger/keys.ts';
import type { Ledger, OrderContent, Posted } from '../ledger/ledger.ts';
import { isGatewayError } from '../runtime/errors.ts';
import { WebhookRefused } from './reply.ts';

/**
 * Posts an order. What the settings are now is no business of an order that was carried out before they changed: when
 * they refuse it, its id is looked up, and its first answer stands. The look-up costs nothing where nothing is refused.
 */
export async function postOrFirstAnswer(
  { firstAnswer }: Pick<Ledger, 'firstAnswer'>,
  id: TransferId,
  order: OrderContent,
  post: () => Promise<Posted>,
): Promise<Posted> {
  try {
    return await post();
  } catch (error) {
    const first = isOfSettings(error) ? await firstAnswer(id, order) : undefined;
    if (first) return first;
    throw error;
  }
}

/** Or it may be: an amount that converts into too many decimals, a user that has become a house, a book that is gone. */
const isOfSettings = (error: unknown): boolean =>
  isGatewayError(error, 'VALIDATION_FAILED', 'CONFIGURATION_ERROR', 'NOT_FOUND') ||
  (error instanceof WebhookRefused && error.code === 'VALIDATION_FAILED');
