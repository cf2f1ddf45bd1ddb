import { checkDue } from '../../lib/watch/health/check-due.ts';
import type { CheckDueDeps } from '../../lib/watch/health/check-due.ts';
import type { MinuteTask } from './monitor.ts';

/** Asks the endpoints of services whether they are up, each at its interval. */
export const healthChecks = (deps: CheckDueDeps): MinuteTask => ({
  name: 'health-checks',
  run: ({ deadline }) => checkDue(deadline, deps),
});
