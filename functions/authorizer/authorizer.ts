import type { ApiKeys } from '../../lib/access/api-keys.ts';
import { sessionToken } from '../../lib/access/people/cookie.ts';
import type { People } from '../../lib/access/people/people.ts';
import { ANONYMOUS, UNKNOWN } from '../../lib/access/roles.ts';
import type { Principal } from '../../lib/access/roles.ts';
import { BudgetExceeded, withinBudget } from '../../lib/runtime/budget.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';

export interface AuthorizerDeps {
  keys: Pick<ApiKeys, 'identify'>;
  people: Pick<People, 'identify'>;
  /** Takes what kept a store from answering: the caller is refused elsewhere, and the cause must not be lost. */
  unavailable?: (error: GatewayError) => void;
}

/** The function's own limit is 5 s. */
const BUDGET_MS = 4_000;

/** What a request shows of who sends it. */
export interface Shown {
  headers?: Record<string, string | undefined> | undefined;
  /** As API Gateway splits them: `name=value` each. */
  cookies?: string[] | undefined;
}

/**
 * The principal of a request's bearer key or cookie. An unknown one is not an error here, nor is a store that does not
 * answer: the functions have the route table and refuse with a problem document, which API Gateway's own refusals cannot
 * carry.
 */
export async function identify(shown: Shown, deps: AuthorizerDeps): Promise<Principal> {
  return withinBudget(principalOf(shown, deps), BUDGET_MS).catch((error: unknown) => {
    if (!(error instanceof BudgetExceeded) && !isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
    deps.unavailable?.(new GatewayError('STORE_UNAVAILABLE', 'Who it is cannot be told.', { cause: error }));
    return UNKNOWN;
  });
}

/** `Authorization` alone counts where there is one: another site can have a browser send the cookie, but not this. */
async function principalOf(
  { headers = {}, cookies }: Shown,
  { keys, people }: AuthorizerDeps,
): Promise<Principal> {
  const header = headers['authorization'] ?? headers['Authorization'];
  const key = /^Bearer +(\S{1,512})$/i.exec(header ?? '')?.[1];
  if (key !== undefined) return keys.identify(key);
  if (header !== undefined) return ANONYMOUS;
  const token = sessionToken(cookies ?? headers['cookie']?.split(';') ?? []);
  return token === undefined ? ANONYMOUS : people.identify(token);
}
