/** Routes of the Lambda `admin` about what services have done: minutes, hours, days. */
import * as m from '../metric-schemas.ts';
import type { Route } from './route.ts';

const QUOTAS = '/v1/admin/services/{code}/quotas';

export const METRICS_ROUTES = {
  listMetrics: {
    method: 'GET',
    path: '/v1/admin/metrics',
    role: 'viewer',
    function: 'admin',
    tag: 'Watching',
    summary:
      'Minutes of services: calls, errors, response times, logins, transfers; of the last hour by default',
    query: m.MetricsQuery,
    answer: { status: 200, schema: m.MetricsMinuteList },
  },
  getQuotaHistory: {
    method: 'GET',
    path: `${QUOTAS}/history`,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Calls by hour or day, those that were refused too; of the last 24 hours or 30 days by default',
    query: m.QuotaHistoryQuery,
    answer: { status: 200, schema: m.QuotaHistory },
  },
  getQuotaWhatIf: {
    method: 'GET',
    path: `${QUOTAS}/what-if`,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'What a limit would have done to the calls of the past; of the last 24 hours by default',
    query: m.WhatIfQuery,
    answer: { status: 200, schema: m.WhatIfView },
  },
} as const satisfies Record<string, Route>;
