import type { ApiKeys } from '../../lib/access/api-keys.ts';
import { ANONYMOUS, UNKNOWN } from '../../lib/access/roles.ts';
import type { Principal } from '../../lib/access/roles.ts';
import { BudgetExceeded, withinBudget } from '../../lib/runtime/budget.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';

export interface AuthorizerDeps {
  keys: ApiKeys;
  /** Takes what kept a store from answering: the caller is refused elsewhere, and the cause must not be lost. */
  unavailable?: (error: GatewayError) => void;
}

/** The function's own limit is 5 s. */
const BUDGET_MS = 4_000;

/**
 * The principal of a request's bearer key. An unknown key is not an error here, nor is a store that does not answer: the
 * functions have the route table and refuse with a problem document, which API Gateway's own refusals cannot carry.
 */
export async function identify(
  headers: Record<string, string | undefined>,
  { keys, unavailable }: AuthorizerDeps,
): Promise<Principal> {
  const header = headers['authorization'] ?? headers['Authorization'] ?? '';
  const token = /^Bearer +(\S{1,512})$/i.exec(header)?.[1];
  if (token === undefined) return ANONYMOUS;
  return withinBudget(keys.identify(token), BUDGET_MS).catch((error: unknown) => {
    if (!(error instanceof BudgetExceeded) && !isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
    unavailable?.(new GatewayError('STORE_UNAVAILABLE', 'Whose key it is cannot be told.', { cause: error }));
    return UNKNOWN;
  });
}
