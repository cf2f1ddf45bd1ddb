import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { LoginRunner, LoginTrigger } from '../login/login.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Memory } from './process-memory.ts';
import type { Store } from './store.ts';

/** Time a call still needs once it has its session, milliseconds. */
export const MARGIN_MS = 500;

export interface FleetDeps {
  store: Store;
  memory: Memory;
  login: LoginRunner;
  credentials: CredentialStore;
  alerts: Alerts;
  clock: Clock;
  random: Random;
  /** Asks the `keepalive` function, asynchronously, to log a service in, or one of its accounts. */
  startInBackground: (code: string, account?: string) => Promise<void>;
}

export interface SessionRequest {
  /** Only a session of a later login will do. */
  newerThan: number;
  /** The platform refused `newerThan`. */
  refused: boolean;
  /** What was refused: its logins may be known to be in vain. */
  operation?: string | undefined;
  /** Ignore the pause after failed logins. */
  force: boolean;
  trigger: LoginTrigger;
  /** The trigger to record, if not `trigger`. */
  recordedAs?: LoginTrigger | undefined;
  deadline: Deadline;
}
