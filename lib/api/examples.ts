import type { Route, RouteId } from './routes.ts';

/** What stands in a path in an example. */
const PATH_VALUES: Record<string, string> = {
  code: 'CITY_CENTER_WORK_ORDER',
  operation: 'getUserInfo',
  path: 'api/user/10002',
  uid: '10002',
  accountId: 'user:10002',
  transactionId: 'tx-20261121-0001',
  id: '99d1a24c7a0e659c',
  action: 'deposit',
};

/** A body that each route takes; a test parses them with the routes' own schemas. */
export const BODIES: Partial<Record<RouteId, unknown>> = {
  callOperation: { params: { userId: '10002' } },
  callBatch: [
    { operation: 'getUserInfo', params: { userId: '10002' } },
    { operation: 'getUserInfo', params: { userId: '10003' } },
  ],
  enterUser: { userKey: 'uk-7f3a', localUserId: 'farmer-42' },
  syncUsers: { uids: [10002, 10003] },
  receiveWebhook: {
    data: 'mWJ2eLJnDhBNWFTkMXsPvw==',
    iv: 'MTIzNDU2Nzg5MDEyMzQ1Ng==',
    timestamp: 1795240326,
    sign: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  adjustBalance: { userId: 10002, amount: '12.5', reason: 'Refund of order 4711' },
  putService: {
    code: 'CITY_CENTER_WORK_ORDER',
    name: 'Work orders',
    serviceType: 'PLATFORM',
    baseUrl: 'https://platform.example.com',
    auth: { type: 'NONE' },
    operations: { getUserInfo: { method: 'GET', path: '/api/user/{{params.userId}}' } },
  },
  putCredentials: { userNo: 'SZX0231', username: 'zhang', password: '...' },
  loginSession: { dryRun: true },
  answerCaptcha: { text: 'x7kq' },
  createKey: { name: 'my-app', role: 'caller' },
};

const QUERIES: Partial<Record<RouteId, string>> = {
  getDownline: 'level=3&limit=50',
  listCalls: 'service=CITY_CENTER_WORK_ORDER&limit=20',
  listAlerts: 'state=firing',
  listDeliveries: 'verdict=refused',
};

/** One request that a reader can change and send; `$GH` is the address, `$KEY` an API key. */
export function curlOf(id: RouteId, route: Route): string {
  const { method, role } = route;
  const path = route.path.replaceAll(/\{(\w+)\+?\}/g, (_all, name: string) =>
    id === 'receiveWebhook' && name === 'path' ? 'urs' : (PATH_VALUES[name] ?? name),
  );
  const query = QUERIES[id] === undefined ? '' : `?${QUERIES[id]}`;
  const body = BODIES[id];
  const sends = body === undefined ? 'GET' : 'POST';
  const asks = method === 'ANY' ? 'GET' : method;
  return [
    'curl -s',
    ...(asks === sends ? [] : [`-X ${asks}`]),
    ...(role === 'public' ? [] : ['-H "Authorization: Bearer $KEY"']),
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`]),
    query === '' ? `$GH${path}` : `"$GH${path}${query}"`,
  ].join(' ');
}
