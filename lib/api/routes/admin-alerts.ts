/** Routes of the Lambda `admin` about alerts, and about who is told of them. */
import * as a from '../alert-schemas.ts';
import type { Route } from './route.ts';

const ALERTS = '/v1/admin/alerts';

export const ALERT_ROUTES = {
  listAlerts: {
    method: 'GET',
    path: ALERTS,
    role: 'viewer',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Alerts: those that need care first, then the newest',
    query: a.AlertsQuery,
    answer: { status: 200, schema: a.AlertList },
  },
  acknowledgeAlert: {
    method: 'POST',
    path: `${ALERTS}/{id}/acknowledge`,
    role: 'operator',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Say that you see to it: no more reminders until it is resolved',
    answer: { status: 200, schema: a.AlertView },
  },
} as const satisfies Record<string, Route>;
