import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { CallContext } from '../../lib/referrals/context.ts';
import type { Referrals } from '../../lib/referrals/referrals.ts';
import { DownlineRequest, EnterRequest, SyncRequest } from '../../lib/referrals/schemas.ts';
import { uidOf } from '../../lib/referrals/uid.ts';

export interface UserDeps {
  referrals: Referrals;
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
  async enterUser(request, { referrals }) {
    return json(200, await referrals.enter(parseBody(EnterRequest, request), contextOf(request)));
  },

  async getUser(request, { referrals }) {
    return json(200, await referrals.user(uidIn(request), contextOf(request)));
  },

  async getTeam(request, { referrals }) {
    return json(200, await referrals.team(uidIn(request), contextOf(request)));
  },

  async getDownline(request, { referrals }) {
    const query = parseQuery(DownlineRequest, request);
    return json(200, await referrals.downline(uidIn(request), query, contextOf(request)));
  },

  async syncUsers(request, { referrals }) {
    const { uids, limit, cursor } = parseBody(SyncRequest, request);
    const input = uids === undefined ? { all: true as const, limit, cursor } : { uids };
    return json(200, await referrals.syncUsers(input, contextOf(request)));
  },
} satisfies Record<UserRoute, (request: ApiRequest, deps: UserDeps) => Promise<ApiResponse>>;
