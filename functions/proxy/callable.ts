import type * as z from 'zod';
import { coversOperation, coversService, namesService } from '../../lib/access/scopes.ts';
import type { Scopes } from '../../lib/access/scopes.ts';
import { json } from '../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { CallableServiceView } from '../../lib/api/views.ts';
import { isSealed } from '../../lib/auth/strategies.ts';
import type { CallableService } from '../../lib/calls/definition.ts';
import { isIdempotent } from '../../lib/calls/operation/operation.ts';
import type { ServiceCatalog } from '../../lib/definition/service.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';

type Handler = (
  request: ApiRequest,
  deps: { catalog: ServiceCatalog<CallableService> },
) => Promise<ApiResponse>;

/** What a key may call. */
export const callable = {
  async listCallableServices({ principal: { scopes } }, { catalog }) {
    const services = await catalog.list();
    const named = services.filter(({ definition }) => namesService(scopes, definition.code));
    return json(200, { items: named.map((service) => viewOf(service, scopes)) });
  },

  async getCallableService({ params, principal: { scopes } }, { catalog }) {
    const { code = '' } = params;
    // Neither its error nor its time tells whether there is one outside the scopes.
    if (!namesService(scopes, code)) throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
    return json(200, viewOf(await catalog.find(code), scopes));
  },
} satisfies Record<string, Handler>;

/** No address, no header, no path: nothing that only the definition's authors need. */
function viewOf({ definition }: CallableService, scopes: Scopes): z.output<typeof CallableServiceView> {
  const { code, name, description, status, operations, allowedPaths, auth } = definition;
  const covered = Object.entries(operations).filter(([operation]) =>
    coversOperation(scopes, code, operation),
  );
  return {
    code,
    name,
    description,
    status,
    operations: Object.fromEntries(
      covered.map(([operation, spec]) => [
        operation,
        omitUndefined({
          description: spec.description,
          idempotent: isIdempotent(spec),
          params: spec.params ?? { type: 'object' },
        }),
      ]),
    ),
    rawProxy: coversService(scopes, code) && allowedPaths.length > 0 && !isSealed(auth),
  };
}
