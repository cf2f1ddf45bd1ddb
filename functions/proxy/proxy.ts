import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { PROXY_ROUTES } from '../../lib/api/routes/proxy.ts';
import { callable } from './callable.ts';
import { calls } from './calls.ts';
import type { ServiceCallDeps } from './calls.ts';
import { money } from './money.ts';
import type { MoneyDeps } from './money.ts';
import { users } from './users.ts';
import type { UserDeps } from './users.ts';

export interface CallDeps extends ServiceCallDeps, MoneyDeps, UserDeps {
  catalog: ServiceCallDeps['catalog'];
}

type CallRoute = keyof typeof PROXY_ROUTES;

/** Calls to third parties: operations, batches, the raw proxy; reads of money; users. */
export async function serveCall(request: ApiRequest, route: CallRoute, deps: CallDeps): Promise<ApiResponse> {
  return HANDLERS[route](request, deps);
}

const HANDLERS: Record<CallRoute, (request: ApiRequest, deps: CallDeps) => Promise<ApiResponse>> = {
  ...callable,
  ...calls,
  ...money,
  ...users,
};
