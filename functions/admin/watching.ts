import { json } from '../../lib/api/message.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { CallsQuery } from '../../lib/api/schemas.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

export const logs = {
  async listCalls(request, { calls }) {
    return json(200, await calls.search(omitUndefined(parseQuery(CallsQuery, request))));
  },
} satisfies Partial<AdminHandlers>;
