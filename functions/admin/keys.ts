import { json, noContent } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { KeyRequest } from '../../lib/api/schemas.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import type { AdminHandlers } from './handlers.ts';

export const apiKeys = {
  async listKeys(_request, { keys }) {
    return json(200, { items: await keys.list() });
  },

  async createKey(request, { keys, clock, audited }) {
    const { expiresAt, ...wanted } = parseBody(KeyRequest, request);
    const endsAt = expiresAt === undefined ? undefined : Date.parse(expiresAt);
    if (endsAt !== undefined && endsAt <= clock.now()) throw invalid('expiresAt', 'must be a time to come');
    const drawn = keys.draw();
    const create = () => keys.create({ ...wanted, drawn, endsAt, createdBy: request.principal.id });
    const change = { target: `keys/${drawn.id}`, after: { ...wanted, expiresAt } };
    return json(201, await audited(change, create));
  },

  async revokeKey({ params }, { keys, audited }) {
    const id = params['id']!;
    const before = (await keys.list()).find((key) => key.id === id);
    await audited({ target: `keys/${id}`, before }, () => keys.revoke(id));
    return noContent();
  },
} satisfies Partial<AdminHandlers>;
