import { json, noContent } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { KeyRequest } from '../../lib/api/schemas.ts';
import type { AdminHandlers } from './handlers.ts';

export const apiKeys = {
  async listKeys(_request, { keys }) {
    return json(200, { items: await keys.list() });
  },

  async createKey(request, { keys }) {
    const { name, role } = parseBody(KeyRequest, request);
    return json(201, await keys.create({ name, role, createdBy: request.principal.id }));
  },

  async revokeKey({ params }, { keys }) {
    await keys.revoke(params['id']!);
    return noContent();
  },
} satisfies Partial<AdminHandlers>;
