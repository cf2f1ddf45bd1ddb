import { isGatewayError } from '../../runtime/errors.ts';
import { append } from './append.ts';
import type { AuditStore, NewEntry } from './append.ts';

/** What is about to be changed. */
export interface Change {
  /** A path: `services/CODE/quotas`. */
  target: string;
  /** JSON, without secrets. */
  before?: unknown;
  after?: unknown;
}

/**
 * Runs an action once its entry is written.
 * @throws GatewayError `STORE_UNAVAILABLE` where it cannot be written: the action did not run. Else as the action.
 */
export type Audited = <T>(change: Change, act: () => Promise<T>) => Promise<T>;

/** Who acts, by which route, from where. */
export type Actor = Pick<NewEntry, 'who' | 'action' | 'from' | 'requestId'>;

export interface AuditedDeps extends AuditStore {
  log: { error(message: string, fields: Record<string, unknown>): void };
}

export function auditedFor(actor: Actor, deps: AuditedDeps): Audited {
  return async ({ target, before, after }, act) => {
    const entry = { ...actor, target, before, after };
    const seq = await append(deps, entry);
    try {
      return await act();
    } catch (error) {
      const failed = isGatewayError(error) ? error.code : 'INTERNAL';
      try {
        await append(deps, { ...entry, before: undefined, after: undefined, of: seq, failed });
      } catch (unwritten) {
        deps.log.error('An action failed, and the audit does not say so.', { seq, failed, error: unwritten });
      }
      throw error;
    }
  };
}
