import type { Alerts } from '../../../watch/alerts/alerts.ts';
import type { Redis } from '../../../vendors/redis/redis.ts';
import type { Service } from '../../../definition/service.ts';
import type { Deadline } from '../../../runtime/clock.ts';
import { captchaKeys } from '../keys.ts';

/** A balance is asked for at most this often, fleet-wide, milliseconds. */
const CHECK_INTERVAL_MS = 600_000;
/** Points below which the alert is raised, unless `settings.balanceAlert` says otherwise. */
const DEFAULT_BALANCE_ALERT = 1_000;

interface BalanceWatchDeps {
  redis: Redis;
  alerts: Alerts;
  balance: (service: Service, deadline: Deadline) => Promise<number | undefined>;
}

export interface BalanceWatch {
  /** Asks for the balance when it is due and raises or resolves the alert. `true`: it was due. Never throws. */
  check(service: Service, deadline: Deadline): Promise<boolean>;
}

/** Raises `CAPTCHA_BALANCE_LOW` before the points run out. */
export function watchBalance({ redis, alerts, balance }: BalanceWatchDeps): BalanceWatch {
  return {
    check: async (service, deadline) => {
      const { code, settings } = service.definition;
      const own = settings['balanceAlert'];
      const threshold = typeof own === 'number' ? own : DEFAULT_BALANCE_ALERT;
      try {
        const due = await redis.set(captchaKeys.balanceKnown(code), '1', { px: CHECK_INTERVAL_MS, nx: true });
        if (!due) return false;
        const points = await balance(service, deadline);
        if (points === undefined) return true;
        if (points >= threshold) await alerts.resolve('CAPTCHA_BALANCE_LOW', code);
        else {
          await alerts.raise({
            kind: 'CAPTCHA_BALANCE_LOW',
            subject: code,
            severity: 'warning',
            summary: `${code} has ${points} points left.`,
            details: { points, threshold },
          });
        }
        return true;
      } catch {
        // Solving must not fail because of this; the balance is checked again in ten minutes.
        return false;
      }
    },
  };
}
