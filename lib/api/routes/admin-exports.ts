/** Routes of the Lambda `admin` that give lists as files, page by page. */
import * as e from '../export-schemas.ts';
import type { Route } from './route.ts';

const EXPORT = '/v1/admin/export';

/** Each answers at most 10,000 rows and 5 MB; `Link: <...>; rel="next"` leads on. */
export const EXPORT_ROUTES = {
  exportCalls: {
    method: 'GET',
    path: `${EXPORT}/calls`,
    role: 'viewer',
    function: 'admin',
    tag: 'Exports',
    summary: 'The call log as CSV or JSON lines, newest first',
    query: e.CallsExport,
    answer: { status: 200, contentType: 'text/csv' },
  },
  exportDeliveries: {
    method: 'GET',
    path: `${EXPORT}/deliveries`,
    role: 'viewer',
    function: 'admin',
    tag: 'Exports',
    summary: 'Webhook deliveries as CSV or JSON lines, newest first',
    query: e.DeliveriesExport,
    answer: { status: 200, contentType: 'text/csv' },
  },
  exportAudit: {
    method: 'GET',
    path: `${EXPORT}/audit`,
    role: 'viewer',
    function: 'admin',
    tag: 'Exports',
    summary: 'The audit as CSV or JSON lines, newest first',
    query: e.AuditExport,
    answer: { status: 200, contentType: 'text/csv' },
  },
  exportTransfers: {
    method: 'GET',
    path: `${EXPORT}/transfers`,
    role: 'viewer',
    function: 'admin',
    tag: 'Exports',
    summary: 'What settled for a service within a time, as CSV or JSON lines',
    query: e.TransfersExport,
    answer: { status: 200, contentType: 'text/csv' },
  },
} as const satisfies Record<string, Route>;
