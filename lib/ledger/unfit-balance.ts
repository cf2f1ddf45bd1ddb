import { GatewayError } from '../runtime/errors.ts';
import type { Book } from './book.ts';
import { readBalance } from './items.ts';
import type { Failed } from './transfer-state.ts';

/**
 * A condition also fails on a balance that is no balance, or one of another currency: then nothing is said about
 * the order, and nothing moves until that is mended.
 */
export function refuseUnfit(
  { name, currency }: Pick<Book, 'name' | 'currency'>,
  failed: (Failed | undefined)[],
): void {
  for (const item of failed.map((one) => one?.item)) {
    const held = item && readBalance(item).currency;
    if (held === undefined || held === currency) continue;
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `The accounts of the book ${name} hold ${held}, not ${currency}.`,
    );
  }
}
