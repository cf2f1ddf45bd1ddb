import { json } from '../../lib/api/message.ts';
import { checkNow, showHealth } from '../../lib/watch/health/check-now.ts';
import { checksOf } from '../../lib/watch/health/watched.ts';
import { requireService } from './accounts.ts';
import type { AdminHandlers } from './handlers.ts';

/** Health checks of services. */
export const serviceHealth = {
  async getServiceHealth({ params }, deps) {
    const { definition } = await requireService(deps, params['code']!);
    return json(200, await showHealth(checksOf(definition), deps.healthChecks));
  },

  async checkServiceHealth({ params, deadline }, deps) {
    const { definition } = await requireService(deps, params['code']!);
    const check = () => checkNow(checksOf(definition), deadline, deps.healthChecks);
    return json(200, await deps.audited({ target: `services/${definition.code}/health` }, check));
  },
} satisfies Partial<AdminHandlers>;
