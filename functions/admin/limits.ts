import { parseBody } from '../../lib/api/input.ts';
import { BreakerRequest, QuotasRequest } from '../../lib/api/limit-schemas.ts';
import { json, noContent } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { deepEqual } from '../../lib/text/json/value.ts';
import { accountsOf, requireService } from './accounts.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';
import { storeDefinition } from './store-definition.ts';

/** How often quotas are set when others change the definition meanwhile. */
const MAX_RACES = 8;

/** Quotas and breakers. */
export const limits = {
  async getQuotas(request, deps) {
    return json(200, { items: await quotasOf(request, deps) });
  },

  async putQuotas(request, deps) {
    const { quotas } = parseBody(QuotasRequest, request);
    const code = request.params['code']!;
    let seen: readonly unknown[] | undefined;
    for (let race = 1; ; race++) {
      const { definition, revision } = await requireService(deps, code);
      // Others may change the rest of the definition meanwhile; the quotas themselves, and it is for a person to say.
      if (!deepEqual((seen ??= definition.quotas), definition.quotas)) throw alsoChanged(code);
      const { document } = await deps.revisions.get(code, revision);
      const changed = { ...(document as object), quotas };
      try {
        await storeDefinition(request, { code, document: changed, target: pathOf(request) }, deps, revision);
        return json(200, { items: await quotasOf({ ...request, query: '' }, deps) });
      } catch (error) {
        if (!isGatewayError(error, 'REVISION_CONFLICT') || race === MAX_RACES) throw error;
      }
    }
  },

  async resetQuotas(request, deps) {
    const services = await accountsOf(request, deps);
    const accounts = services.flatMap(({ account }) => account ?? []);
    const change = {
      target: `${pathOf(request)}/reset`,
      before: (await quotasOf(request, deps)).map(({ type, account, used }) =>
        omitUndefined({ type, account, used }),
      ),
      after: accounts.length === 0 ? undefined : { accounts },
    };
    await deps.audited(change, () =>
      Promise.all(services.map((service) => deps.limits.resetQuotas(service))),
    );
    return noContent();
  },

  async getBreaker({ params }, deps) {
    const { definition } = await requireService(deps, params['code']!);
    return json(200, await deps.limits.breaker(definition.code));
  },

  async forceBreaker(request, deps) {
    const { forced } = parseBody(BreakerRequest, request);
    const { definition } = await requireService(deps, request.params['code']!);
    const { code, breaker } = definition;
    if (!breaker && forced !== 'auto')
      throw invalid(
        'forced',
        `is refused: ${code} has no breaker; to stop its calls, set its status to MAINTENANCE`,
      );
    const before = await deps.limits.breaker(code);
    const target = `services/${code}/breaker`;
    await deps.audited({ target, before, after: { forced } }, () => deps.limits.force(code, forced));
    return json(200, await deps.limits.breaker(code));
  },
} satisfies Partial<AdminHandlers>;

const alsoChanged = (code: string) =>
  new GatewayError(
    'REVISION_CONFLICT',
    `Somebody else has set the quotas of ${code} meanwhile: see them first.`,
  );

const pathOf = ({ params }: ApiRequest): string => `services/${params['code']}/quotas`;

/** Of every account that is meant, in the order of the definition. */
async function quotasOf(request: ApiRequest, deps: AdminDeps) {
  const services = await accountsOf(request, deps);
  const each = await Promise.all(
    services.map(async (service) =>
      (await deps.limits.quotas(service)).map((quota) =>
        omitUndefined({ account: service.account, ...quota }),
      ),
    ),
  );
  return each.flat();
}
