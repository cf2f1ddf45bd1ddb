import { json, noContent } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { KeyRequest } from '../../lib/api/schemas.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import type { AdminHandlers } from './handlers.ts';

export const apiKeys = {
  async listKeys(_request, { keys }) {
    return json(200, { items: await keys.list() });
  },

  async createKey(request, { keys, clock }) {
    const { expiresAt, ...wanted } = parseBody(KeyRequest, request);
    const endsAt = expiresAt === undefined ? undefined : Date.parse(expiresAt);
    if (endsAt !== undefined && endsAt <= clock.now()) throw invalid('expiresAt', 'must be a time to come');
    return json(201, await keys.create({ ...wanted, endsAt, createdBy: request.principal.id }));
  },

  async revokeKey({ params }, { keys }) {
    await keys.revoke(params['id']!);
    return noContent();
  },
} satisfies Partial<AdminHandlers>;
