import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { about } from './about.ts';
import { accounts } from './accounts.ts';
import { captchas } from './captchas.ts';
import { deliveries } from './deliveries.ts';
import { alerts } from './alerts.ts';
import { audit } from './audit.ts';
import { serviceHealth } from './health.ts';
import { apiKeys } from './keys.ts';
import { ledger } from './ledger.ts';
import { exports } from './exports.ts';
import { limits } from './limits.ts';
import { metrics } from './metrics.ts';
import { people } from './people.ts';
import { revisions } from './revisions.ts';
import { services } from './services.ts';
import { sessions } from './sessions.ts';
import { subscriptions } from './subscriptions.ts';
import { logs } from './watching.ts';
import { testCalls } from './test-calls.ts';
import { auditedFor } from '../../lib/watch/audit/audited.ts';
import type { AdminDeps, AdminHandlers, AdminRoute } from './handlers.ts';

const HANDLERS: AdminHandlers = {
  ...services,
  ...revisions,
  ...sessions,
  ...testCalls,
  ...accounts,
  ...captchas,
  ...logs,
  ...alerts,
  ...audit,
  ...subscriptions,
  ...limits,
  ...metrics,
  ...exports,
  ...serviceHealth,
  ...apiKeys,
  ...people,
  ...ledger,
  ...deliveries,
  ...about,
};

/** Management: definitions, credentials, sessions, captchas, keys, logs, health and documentation. */
export async function serveAdmin(
  request: ApiRequest,
  route: AdminRoute,
  deps: Omit<AdminDeps, 'audited'>,
): Promise<ApiResponse> {
  const { principal, sourceIp, requestId } = request;
  const actor = { who: principal.id, action: route, from: sourceIp, requestId };
  const audited = auditedFor(actor, { ...deps.audit, log: deps.log });
  return HANDLERS[route](request, { ...deps, audited });
}
