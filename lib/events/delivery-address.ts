import { checkBaseUrl } from '../vendors/http/address.ts';
import type { Reach } from '../vendors/http/address.ts';

/** What is wrong with an address that something is to be sent to, in words for who gives it, or `undefined`. */
export const deliveryAddressProblem = (url: string, reach: Reach): string | undefined =>
  checkBaseUrl(url, reach) ?? (url.includes('#') ? 'must not hold a #' : undefined);
