import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { RouteIdOf } from '../../lib/api/routes.ts';
import { calls } from './calls.ts';
import type { ServiceCallDeps } from './calls.ts';
import { money } from './money.ts';
import type { MoneyDeps } from './money.ts';
import { users } from './users.ts';
import type { UserDeps } from './users.ts';

export interface CallDeps extends ServiceCallDeps, MoneyDeps, UserDeps {
  catalog: ServiceCallDeps['catalog'];
}

type CallRoute = RouteIdOf<'proxy'>;

/** Calls to third parties: operations, batches, the raw proxy; reads of money; users. */
export async function serveCall(request: ApiRequest, route: string, deps: CallDeps): Promise<ApiResponse> {
  return HANDLERS[route as CallRoute](request, deps);
}

const HANDLERS: Record<CallRoute, (request: ApiRequest, deps: CallDeps) => Promise<ApiResponse>> = {
  ...calls,
  ...money,
  ...users,
};
