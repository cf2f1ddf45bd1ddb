import { AuditQuery, AuditVerifyQuery } from '../../lib/api/audit-schemas.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { searchAudit } from '../../lib/watch/audit/search.ts';
import { verifyAudit } from '../../lib/watch/audit/verify.ts';
import type { AdminHandlers } from './handlers.ts';

/** Who changed what. */
export const audit = {
  async listAudit(request, { audit }) {
    return json(200, await searchAudit(audit, omitUndefined(parseQuery(AuditQuery, request))));
  },

  async verifyAudit(request, { audit }) {
    return json(200, await verifyAudit(audit, parseQuery(AuditVerifyQuery, request).cursor));
  },
} satisfies Partial<AdminHandlers>;
