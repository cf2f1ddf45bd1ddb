import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { CallContext } from '../../lib/referrals/context.ts';
import type { Promotion } from '../../lib/referrals/referrals.ts';
import { DownlineRequest, EnterRequest, SyncRequest } from '../../lib/referrals/schemas.ts';
import { uidOf } from '../../lib/referrals/uid.ts';

export interface UserDeps {
  promotion: Promotion;
}

type UserRoute = 'enterUser' | 'getUser' | 'getTeam' | 'getDownline' | 'syncUsers';

const contextOf = ({ requestId, principal, deadline }: ApiRequest): CallContext => ({
  requestId,
  caller: principal.id,
  deadline,
});

const uidIn = ({ params }: ApiRequest) => uidOf(params['uid'], 'uid');

/** Users of URS and who brought whom (SPEC 7). */
export const users = {
  async enterUser(request, { promotion }) {
    return json(200, await promotion.enter(parseBody(EnterRequest, request), contextOf(request)));
  },

  async getUser(request, { promotion }) {
    return json(200, await promotion.user(uidIn(request), contextOf(request)));
  },

  async getTeam(request, { promotion }) {
    return json(200, await promotion.team(uidIn(request), contextOf(request)));
  },

  async getDownline(request, { promotion }) {
    const query = parseQuery(DownlineRequest, request);
    return json(200, await promotion.downline(uidIn(request), query, contextOf(request)));
  },

  async syncUsers(request, { promotion }) {
    const { uids, limit, cursor } = parseBody(SyncRequest, request);
    const input = uids === undefined ? { all: true as const, limit, cursor } : { uids };
    return json(200, await promotion.syncUsers(input, contextOf(request)));
  },
} satisfies Record<UserRoute, (request: ApiRequest, deps: UserDeps) => Promise<ApiResponse>>;
