/** Routes of the Lambda `admin` about who changed what. */
import * as a from '../audit-schemas.ts';
import type { Route } from './route.ts';

const AUDIT = '/v1/admin/audit';

export const AUDIT_ROUTES = {
  listAudit: {
    method: 'GET',
    path: AUDIT,
    role: 'viewer',
    function: 'admin',
    tag: 'Audit',
    summary: 'Every change by a person or a key, newest first',
    query: a.AuditQuery,
    answer: { status: 200, schema: a.AuditList },
  },
  verifyAudit: {
    method: 'GET',
    path: `${AUDIT}/verify`,
    role: 'viewer',
    function: 'admin',
    tag: 'Audit',
    summary: 'Was the audit changed by hand? From its first entry on, in steps',
    query: a.AuditVerifyQuery,
    answer: { status: 200, schema: a.AuditVerificationView },
  },
} as const satisfies Record<string, Route>;
