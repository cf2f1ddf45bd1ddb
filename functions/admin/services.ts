import type { ApiResponse } from '../../lib/api/message.ts';
import { json, noContent } from '../../lib/api/message.ts';
import { jsonBody, parse, parseBody, parseQuery } from '../../lib/api/input.ts';
import { CheckQuery, CredentialsInput, RevisionQuery, VersionQuery } from '../../lib/api/schemas.ts';
import { requiredCredentials } from '../../lib/auth/strategies.ts';
import { ServiceCode } from '../../lib/definition/fields.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { requiredWebhookCredentials } from '../../lib/partners/definition.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';

const view = ({ definition, ...kept }: RegisteredService) => ({ ...definition, ...kept });

async function requireService({ registry }: AdminDeps, code: string): Promise<RegisteredService> {
  const service = await registry.get(code);
  if (!service) throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
  return service;
}

export const services = {
  async listServices(_request, { registry }) {
    const items = await registry.list();
    return json(200, { items: items.map(view) });
  },

  async getService({ params }, deps) {
    return json(200, view(await requireService(deps, params['code']!)));
  },

  async putService(request, { registry, catalog }): Promise<ApiResponse> {
    const code = parse(ServiceCode, request.params['code']);
    const { check } = parseQuery(CheckQuery, request);
    if (check === 'true') {
      const { created: _created, ...planned } = await registry.check(code, jsonBody(request));
      return json(200, view(planned));
    }
    const { created, ...stored } = await registry.put(code, jsonBody(request));
    catalog.forget(code);
    return json(created ? 201 : 200, view(stored));
  },

  async deleteService(request, { registry, catalog, credentials }) {
    const code = request.params['code']!;
    await registry.delete(code, parseQuery(RevisionQuery, request).revision);
    catalog.forget(code);
    await credentials.delete(code);
    return noContent();
  },

  async getCredentials({ params }, deps) {
    await requireService(deps, params['code']!);
    return json(200, { items: await deps.credentials.describe(params['code']!) });
  },

  async putCredentials(request, deps) {
    const code = request.params['code']!;
    const { definition } = await requireService(deps, code);
    const values = parseBody(CredentialsInput, request);
    const required = new Set([
      ...requiredCredentials(definition.auth),
      ...requiredWebhookCredentials(definition),
    ]);
    const missing = [...required].filter((name) => String(values[name] ?? '') === '');
    if (missing.length > 0) {
      throw new GatewayError('VALIDATION_FAILED', `${code} needs ${missing.join(', ')} in its credentials.`, {
        fields: missing.map((field) => ({ field, message: 'is required' })),
      });
    }
    const { version } = parseQuery(VersionQuery, request);
    return json(200, await deps.credentials.put(code, values, version));
  },

  async retireCredentials({ params }, deps) {
    await requireService(deps, params['code']!);
    await deps.credentials.retirePrevious(params['code']!);
    return noContent();
  },
} satisfies Partial<AdminHandlers>;
