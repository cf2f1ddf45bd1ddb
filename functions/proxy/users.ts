import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { DownlineQuery, EnterRequest, SyncRequest, UsersQuery } from '../../lib/api/user-schemas.ts';
import type { Referrals, ServiceReferrals } from '../../lib/referrals/referrals.ts';
import { userIdOf } from '../../lib/referrals/superiors.ts';
import type { RequestContext } from '../../lib/referrals/upline-source.ts';
import type { CallableService } from '../../lib/calls/definition.ts';
import type { ServiceCatalog } from '../../lib/definition/service.ts';

export interface UserDeps {
  referrals: Referrals;
  catalog: ServiceCatalog<CallableService>;
}

type UserRoute = 'enterUser' | 'getUser' | 'getTeam' | 'getDownline' | 'syncUsers';

const contextOf = ({ requestId, principal, deadline }: ApiRequest): RequestContext => ({
  requestId,
  caller: principal.id,
  deadline,
});

const uidIn = ({ params }: ApiRequest) => userIdOf(params['uid'], 'uid');

const usersOf = (request: ApiRequest, { referrals }: UserDeps): ServiceReferrals =>
  referrals.of(parseQuery(UsersQuery, request).service);

/** Users of a partner and their relations (SPEC 7). */
export const users = {
  async enterUser(request, deps) {
    const input = parseBody(EnterRequest, request);
    const { uid, ...entered } = await usersOf(request, deps).enter(input, contextOf(request));
    return json(200, { ursUid: uid, ...entered });
  },

  async getUser(request, deps) {
    return json(200, await usersOf(request, deps).user(uidIn(request), contextOf(request)));
  },

  async getTeam(request, deps) {
    return json(200, await usersOf(request, deps).team(uidIn(request), contextOf(request)));
  },

  async getDownline(request, { referrals }) {
    const { service, ...query } = parseQuery(DownlineQuery, request);
    const downline = await referrals.of(service).downline(uidIn(request), query, contextOf(request));
    const { partnerCount, ...rest } = downline;
    return json(200, { ...rest, ursCount: partnerCount });
  },

  async syncUsers(request, deps) {
    const { service } = parseQuery(UsersQuery, request);
    const { uids, limit, cursor } = parseBody(SyncRequest, request);
    // An unknown service would look like one without users.
    await deps.catalog.find(service);
    const input = uids === undefined ? { all: true as const, limit, cursor } : { uids };
    return json(200, await deps.referrals.of(service).syncUsers(input, contextOf(request)));
  },
} satisfies Record<UserRoute, (request: ApiRequest, deps: UserDeps) => Promise<ApiResponse>>;
