import { AlertsQuery } from '../../lib/api/alert-schemas.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

const idOf = ({ params }: { params: Record<string, string> }) => params['id']!;

export const alerts = {
  async listAlerts(request, { alertStore }) {
    return json(200, await alertStore.list(omitUndefined(parseQuery(AlertsQuery, request))));
  },

  async acknowledgeAlert(request, { alertStore }) {
    return json(200, await alertStore.acknowledge(idOf(request), request.principal.id));
  },
} satisfies Partial<AdminHandlers>;
