import type { AlertInput, Alerts } from '../../../watch/alerts/alerts.ts';
import type { Redis } from '../../../vendors/redis/redis.ts';
import { captchaKeys } from '../keys.ts';

/** Longer than a solver stays broken, milliseconds. */
const MARK_TTL_MS = 30 * 86_400_000;

/** Alerts that stop a solver; its first answer resolves them. */
const KINDS = ['CAPTCHA_SOLVER_STOPPED', 'CAPTCHA_BUDGET_SPENT'] as const;

export interface SolverAlerts {
  raise(alert: AlertInput & { kind: (typeof KINDS)[number] }): Promise<void>;
  /** The solver has answered. Costs one Redis command while nothing was up. Never throws. */
  answered(code: string, options: { evenIfUnknown: boolean }): Promise<void>;
}

/**
 * Raises a solver's alerts, and resolves them with its first answer, whichever process gets it: a mark in
 * Redis says that there may be one to resolve.
 */
export function createSolverAlerts({ redis, alerts }: { redis: Redis; alerts: Alerts }): SolverAlerts {
  return {
    raise: async (alert) => {
      await redis.set(captchaKeys.alerted(alert.subject), '1', { px: MARK_TTL_MS }).catch(() => false);
      await alerts.raise(alert);
    },
    answered: async (code, { evenIfUnknown }) => {
      const marked = await redis.del(captchaKeys.alerted(code)).catch(() => 0);
      if (marked > 0 || evenIfUnknown) await Promise.all(KINDS.map((kind) => alerts.resolve(kind, code)));
    },
  };
}
