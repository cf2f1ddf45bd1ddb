import type * as z from 'zod';
import { ONE_ACCOUNT } from '../../lib/access/credentials/credentials.ts';
import type { ApiResponse } from '../../lib/api/message.ts';
import { json, noContent } from '../../lib/api/message.ts';
import { jsonBody, parse, parseBody, parseQuery } from '../../lib/api/input.ts';
import { CheckQuery, CredentialsInput, RevisionQuery, RotationQuery } from '../../lib/api/schemas.ts';
import { oneAccountBecause, requiredCredentials } from '../../lib/auth/strategies.ts';
import { ServiceCode } from '../../lib/definition/fields.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import { requiredWebhookCredentials, webhookCredentialProblem } from '../../lib/partners/definition.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import { forgetGone, requireService } from './accounts.ts';
import type { AdminHandlers } from './handlers.ts';
import { resolveAlertsOf } from './service-alerts.ts';
import { readable, storeDefinition, tell } from './store-definition.ts';

export const serviceView = ({ definition, revision, createdAt, updatedAt }: RegisteredService) => ({
  ...definition,
  revision,
  createdAt,
  updatedAt,
});

export const services = {
  async listServices(_request, { registry }) {
    const items = await registry.list();
    return json(200, { items: items.map(serviceView) });
  },

  async getService({ params }, deps) {
    return json(200, serviceView(await requireService(deps, params['code']!)));
  },

  async putService(request, deps): Promise<ApiResponse> {
    const code = parse(ServiceCode, request.params['code']);
    const { check } = parseQuery(CheckQuery, request);
    if (check === 'true') {
      return json(200, serviceView(await deps.registry.check(code, jsonBody(request))));
    }
    const stored = await storeDefinition(request, { code, document: jsonBody(request) }, deps);
    return json(stored.created ? 201 : 200, serviceView(stored));
  },

  async deleteService(request, deps) {
    const { registry, credentials, audited } = deps;
    const code = request.params['code']!;
    const { revision: expectedRevision } = parseQuery(RevisionQuery, request);
    const before = await readable(registry, code);
    await audited({ target: `services/${code}`, before: before && serviceView(before) }, async () => {
      await registry.delete(code, { expectedRevision, by: request.principal.id });
      await tell(code, (before?.revision ?? 0) + 1, deps);
      await credentials.delete(code);
    });
    await resolveAlertsOf(code, deps);
    return noContent();
  },

  async getCredentials({ params }, deps) {
    await requireService(deps, params['code']!);
    return json(200, { items: await deps.credentials.describe(params['code']!) });
  },

  async putCredentials(request, deps) {
    const code = request.params['code']!;
    const service = await requireService(deps, code);
    const { definition } = service;
    const input = parseBody(CredentialsInput, request);
    refuseIncomplete(definition, input);
    const { version, canary: wanted } = parseQuery(RotationQuery, request);
    const before = await deps.credentials.accounts(code).catch(() => ONE_ACCOUNT);
    const { requestId, principal, deadline } = request;
    const skip = wanted === 'none';
    const canary = deps.canaryOf(service, { requestId, caller: principal.id, deadline }, { skip });
    const options = omitUndefined({ expected: version, tryOut: canary.tryOut });
    const after = { fields: namesIn(input), ...(skip && { canary: wanted }) };
    const change = { target: `services/${code}/credentials`, after };
    try {
      const stored = await deps.audited(change, () => deps.credentials.put(code, input, options));
      await Promise.all([canary.stored(), forgetGone(service, before, deps)]);
      return json(200, stored);
    } catch (error) {
      // Not a failed call to a third party: what was sent to us is not what it takes (SPEC 13).
      if (!isGatewayError(error, 'AUTHENTICATION_FAILED')) throw error;
      return problemResponse(error, requestId, {}, { status: 422 });
    }
  },

  async retireCredentials({ params }, deps) {
    const code = params['code']!;
    await requireService(deps, code);
    await deps.audited({ target: `services/${code}/credentials/previous` }, () =>
      deps.credentials.retirePrevious(code),
    );
    return noContent();
  },
} satisfies Partial<AdminHandlers>;

/** What credentials hold: names, never values. */
const namesIn = ({ accounts, ...only }: CredentialsInput): string[] =>
  accounts
    ? Object.entries(accounts).flatMap(([account, values]) =>
        Object.keys(values).map((name) => `${account}.${name}`),
      )
    : Object.keys(only);

type CredentialsInput = z.output<typeof CredentialsInput>;

/** @throws GatewayError `VALIDATION_FAILED` naming what is missing: `password`, `accounts.north.password`. */
function refuseIncomplete(definition: RegisteredService['definition'], input: CredentialsInput): void {
  const { code, auth } = definition;
  const { accounts, ...only } = input;
  const oneAccount = oneAccountBecause(auth);
  if (accounts && oneAccount !== undefined) throw invalid('accounts', `are refused: ${oneAccount}`);
  const required = new Set([...requiredCredentials(auth), ...requiredWebhookCredentials(definition)]);
  const missingOf = (values: Record<string, string | number>, at: string) =>
    [...required].filter((name) => String(values[name] ?? '') === '').map((name) => at + name);
  const each: [at: string, values: Record<string, string | number>][] = accounts
    ? Object.entries(accounts).map(([name, values]) => [`accounts.${name}.`, values])
    : [['', only]];
  const missing = each.flatMap(([at, values]) => missingOf(values, at));
  if (missing.length === 0) return refuseMisshapen(definition, each);
  throw new GatewayError('VALIDATION_FAILED', `${code} needs ${missing.join(', ')} in its credentials.`, {
    fields: missing.map((field) => ({ field, message: 'is required' })),
  });
}

/** @throws GatewayError `VALIDATION_FAILED` naming a credential of the webhook that cannot be one, never its value. */
function refuseMisshapen(
  definition: RegisteredService['definition'],
  each: readonly (readonly [at: string, values: Record<string, string | number>])[],
): void {
  for (const [at, values] of each) {
    for (const [name, value] of Object.entries(values)) {
      const problem = webhookCredentialProblem(definition, name, String(value));
      if (problem !== undefined) throw invalid(at + name, problem);
    }
  }
}
