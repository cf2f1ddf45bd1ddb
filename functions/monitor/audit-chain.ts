import { nightlyAudit } from '../../lib/watch/audit/nightly.ts';
import type { NightlyAuditDeps } from '../../lib/watch/audit/nightly.ts';
import type { MinuteTask } from './monitor.ts';

/** For the step that is being taken when time is over. */
const STEP_MS = 10_000;

/** Once a night, the chain of the audit from its first entry, in as many minutes as that takes. */
export const checkAudit = (deps: NightlyAuditDeps): MinuteTask => ({
  name: 'check-audit',
  async run({ deadline }) {
    await nightlyAudit(deps, { ...deadline, at: deadline.at - STEP_MS });
  },
});
