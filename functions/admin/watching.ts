import { json } from '../../lib/api/message.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { AlertsQuery, CallsQuery } from '../../lib/api/schemas.ts';
import { given } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

export const watching = {
  async listCalls(request, { calls }) {
    return json(200, await calls.search(given(parseQuery(CallsQuery, request))));
  },

  async listAlerts(request, { alertStore }) {
    return json(200, await alertStore.list(given(parseQuery(AlertsQuery, request))));
  },
} satisfies Partial<AdminHandlers>;
