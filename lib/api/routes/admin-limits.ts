/** Routes of the Lambda `admin` about how much a service is called, and whether it is called at all. */
import * as l from '../limit-schemas.ts';
import { AccountQuery } from '../schemas.ts';
import type { Route } from './route.ts';

const SERVICE = '/v1/admin/services/{code}';
const QUOTAS = `${SERVICE}/quotas` as const;

export const LIMIT_ROUTES = {
  getQuotas: {
    method: 'GET',
    path: QUOTAS,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Each quota: how much of the window of now is used, and when it ends',
    query: AccountQuery,
    answer: { status: 200, schema: l.QuotaUseList },
  },
  putQuotas: {
    method: 'PUT',
    path: QUOTAS,
    role: 'operator',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Other quotas: a new revision of the definition, in force within a second',
    body: l.QuotasRequest,
    answer: { status: 200, schema: l.QuotaUseList },
  },
  resetQuotas: {
    method: 'POST',
    path: `${QUOTAS}/reset`,
    role: 'operator',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Begin the windows of now anew, of one account or of all',
    query: AccountQuery,
    answer: { status: 204 },
  },
  getBreaker: {
    method: 'GET',
    path: `${SERVICE}/breaker`,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Is the circuit breaker open?',
    answer: { status: 200, schema: l.BreakerView },
  },
  forceBreaker: {
    method: 'PUT',
    path: `${SERVICE}/breaker`,
    role: 'operator',
    scope: 'service',
    function: 'admin',
    tag: 'Limits',
    summary: 'Hold it open or closed, or give it back to itself',
    body: l.BreakerRequest,
    answer: { status: 200, schema: l.BreakerView },
  },
} as const satisfies Record<string, Route>;
