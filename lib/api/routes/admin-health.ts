/** Routes of the Lambda `admin` about whether a service's endpoints are up. */
import * as h from '../health-schemas.ts';
import type { Route } from './route.ts';

const HEALTH = '/v1/admin/services/{code}/health';

export const HEALTH_ROUTES = {
  getServiceHealth: {
    method: 'GET',
    path: HEALTH,
    role: 'viewer',
    scope: 'service',
    function: 'admin',
    tag: 'Watching',
    summary: 'Is each endpoint of a service up, as of its last check?',
    answer: { status: 200, schema: h.ServiceHealthView },
  },
  checkServiceHealth: {
    method: 'POST',
    path: HEALTH,
    role: 'operator',
    scope: 'service',
    call: true,
    function: 'admin',
    tag: 'Watching',
    summary: 'Check them now: a round like any other',
    answer: { status: 200, schema: h.ServiceHealthView },
  },
} as const satisfies Record<string, Route>;
