/** The chain of the audit, once a night, in as many calls as that takes. */
import * as z from 'zod';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import type { Log } from '../../vendors/log/log.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { Position, verifyStep } from './verify.ts';
import type { AuditVerification } from './verify.ts';

/** Subject `audit`. */
const AUDIT_TAMPERED = 'AUDIT_TAMPERED';
const SUBJECT = 'audit';

/** 03:00 in Shanghai, where it is 8 hours later than UTC all year. */
const STARTS_AT_MS = (3 - 8) * 3_600_000;
const DAY_MS = 24 * 3_600_000;

export interface NightlyAuditDeps {
  documents: Documents;
  /** The `audit` table. */
  table: string;
  /** The `records` table, where it stands how far this night's pass is. */
  recordsTable: string;
  alerts: Alerts;
  clock: Pick<Clock, 'now'>;
  log: Pick<Log, 'info' | 'error'>;
}

const KEY = { pk: 'AUDIT_CHECK', sk: 'AUDIT_CHECK' };
/** `position`, JSON: there is more to be looked at in that night. */
const Night = z.object({ night: StoredNumber, position: z.string().optional() });

/**
 * To be called every minute: does nothing but one read when this night's pass is done. What contradicts itself raises
 * `AUDIT_TAMPERED`, a whole pass that finds nothing resolves it, and the newest hash is logged, to be known outside the
 * database. Two that do it at once come to the same.
 * @returns entries that this night's pass has looked at; `undefined`: it was done before. Rejects as the store does.
 */
export async function nightlyAudit(deps: NightlyAuditDeps, deadline: Deadline): Promise<number | undefined> {
  const { documents, recordsTable, clock } = deps;
  const stored = Night.safeParse(await documents.get(recordsTable, KEY, { consistent: true })).data;
  const night = Math.floor((clock.now() - STARTS_AT_MS) / DAY_MS);
  const isBegun = stored?.night === night;
  if (isBegun && stored.position === undefined) return undefined;
  let position = isBegun ? Position.parse(JSON.parse(stored.position!)) : undefined;
  let checked = 0;
  do {
    const step = await verifyStep(deps, position);
    ({ position } = step);
    ({ checked } = step.verification);
    await report(step.verification, position === undefined, deps);
    const left = omitUndefined({ night, position: position && JSON.stringify(position) });
    await documents.put(recordsTable, { ...KEY, ...left });
  } while (position && clock.now() < deadline.at);
  return checked;
}

async function report(
  { ok, checked, hash, violations }: AuditVerification,
  isWhole: boolean,
  { alerts, log }: NightlyAuditDeps,
): Promise<void> {
  const [first] = violations;
  if (first) {
    log.error('the audit does not hold', { violations: violations.slice(0, 5) });
    const summary = `Entry ${first.seq} of the audit ${first.what}.`;
    await alerts.raise({ kind: AUDIT_TAMPERED, subject: SUBJECT, severity: 'critical', summary });
  }
  if (!isWhole) return;
  log.info('audit head', { ok, checked, hash });
  if (ok) await alerts.resolve(AUDIT_TAMPERED, SUBJECT);
}
