/** Alerts that fire although nothing is wrong: nobody believes the next one. */
import type { Commit } from '../dynamodb/database.ts';
import { NAMES } from '../process/stage.ts';
import { LOCKOUT } from '../platform/site.ts';
import type { SiteRecord } from '../platform/site.ts';
import type { Violations } from '../violations.ts';

/**
 * What may fire here, as there is reason for it: a partner sends something else under a known id, and a platform answers
 * with an error. Nobody changes the books, the credentials are right, and trouble never lasts; only logins may be
 * paused, after as many forms in a row whose answers were errors or lost.
 */
const WITH_REASON = ['WEBHOOK_MISMATCH', 'KEEPALIVE_FAILED', 'LOGIN_UNCLEAR'];

export function watchAlarms({ changes }: Commit, site: SiteRecord, violations: Violations): void {
  for (const { table, key, after } of changes) {
    if (table !== NAMES.tables.records || key['pk']?.S !== 'ALERT' || after?.['state']?.S !== 'firing')
      continue;
    const kind = after['kind']?.S ?? '';
    if (kind === 'LOGIN_LOCKED' && site.loginsWithoutVerdict >= LOCKOUT.failures) continue;
    if (!WITH_REASON.includes(kind)) violations.add(`a false alarm: ${kind} ${after['summary']?.S}`);
  }
}
