import type { RouteId } from '../../lib/api/routes.ts';

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
  revision: '3',
};

/** @param name of the parameter in the path */
export function pathExample(id: RouteId, name: string): string {
  return id.startsWith('receiveWebhook') && name === 'path'
    ? id === 'receiveWebhook'
      ? 'urs'
      : 'shop'
    : (PATH_VALUES[name] ?? name);
}

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
  receiveWebhookEvent: {
    id: 'evt_1',
    type: 'payment.succeeded',
    data: { object: { amount: 1050, currency: 'usd', metadata: { userId: '10002' } } },
  },
  adjustBalance: {
    userId: 10002,
    amount: '12.5',
    reason: 'Refund of order 4711',
    transactionId: 'REFUND-4711',
  },
  reverseTransfer: { reason: 'Paid twice: order 4711' },
  redriveDeadLetters: { service: 'URS_PROMOTION', cause: 'OURS', dryRun: true },
  replayDeliveries: { service: 'URS_PROMOTION', from: '2026-11-21T00:00:00Z', dryRun: true },
  putQuotas: {
    quotas: [
      { type: 'PER_MINUTE', limit: 200 },
      { type: 'PER_DAY', limit: 50_000 },
    ],
  },
  forceBreaker: { forced: 'auto' },
  putService: {
    code: 'CITY_CENTER_WORK_ORDER',
    name: 'Work orders',
    serviceType: 'PLATFORM',
    baseUrl: 'https://platform.example.com',
    auth: { type: 'NONE' },
    operations: { getUserInfo: { method: 'GET', path: '/api/user/{{params.userId}}' } },
  },
  putCredentials: { userNo: 'SZX0231', username: 'zhang', password: '...' },
  importSession: {
    cookies: [{ name: 'PHPSESSID', value: '...', path: '/', secure: true }],
    expiresAt: '2099-01-01T00:00:00Z',
  },
  loginSession: { dryRun: true },
  testOperation: { operation: 'getUserInfo', params: { userId: '10002' }, explain: true },
  answerCaptcha: { text: 'x7kq' },
  createSubscription: {
    url: 'https://farm.example.com/hooks',
    events: ['transfer.*', 'user.registered'],
    description: 'farm',
  },
  changeSubscription: { enabled: true },
  replaySubscription: { failed: true },
  createKey: {
    name: 'my-app',
    role: 'caller',
    scopes: ['CITY_CENTER_WORK_ORDER:getUserInfo', 'money:read'],
    expiresAt: '2099-01-01T00:00:00Z',
  },
  logIn: { username: 'ann', password: '...' },
  createUser: { username: 'ann', password: 'a long one that only Ann knows', role: 'operator' },
  changeUser: { disabled: true },
  createChannel: {
    name: 'on call',
    type: 'DINGTALK',
    url: 'https://oapi.dingtalk.com/robot/send?access_token=4f1c...',
    secret: 'SEC...',
    severities: ['warning', 'critical'],
  },
};

/** By media type: a partner's list. */
export const TEXTS: Record<string, string> = {
  'text/csv':
    'transactionId,type,userId,usdtAmount,status\nURS-0001,deposit,10002,10,SETTLED\nURS-0002,withdraw,10002,2.5,SETTLED\n',
  'application/x-ndjson':
    '{"transactionId":"URS-0001","type":"deposit","userId":10002,"usdtAmount":"10"}\n{"transactionId":"URS-0002","type":"withdraw","userId":10002,"usdtAmount":"2.5"}\n',
};

const DAY = { service: 'URS_PROMOTION', from: '2026-11-21T00:00:00+08:00', to: '2026-11-22T00:00:00+08:00' };

/** Query parameters worth showing; each is taken by its route. */
export const QUERIES: Partial<Record<RouteId, Record<string, string | number>>> = {
  getDownline: { level: '3', limit: 50 },
  listCalls: { service: 'CITY_CENTER_WORK_ORDER', limit: 20 },
  listAlerts: { state: 'firing' },
  listAudit: { target: 'services/CITY_CENTER_WORK_ORDER' },
  listDeliveries: { verdict: 'refused' },
  listSettledTransfers: DAY,
  reconcileLedger: DAY,
  exportTransfers: DAY,
  exportCalls: { service: 'CITY_CENTER_WORK_ORDER', format: 'csv' },
};
