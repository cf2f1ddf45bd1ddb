import type { PlatformDefinition } from '../definition.ts';

/** Redis key prefix of a service's session, as the platforms' own convention has it; of an account, below that. */
function prefixOf({ auth, code }: PlatformDefinition, account: string | undefined): string {
  const prefix = auth.keyPrefix ?? `gateway:${code.toLowerCase()}:`;
  return account === undefined ? prefix : `${prefix}${account}:`;
}

/** Every Redis key of one session: pure functions of its prefix (SPEC 5). */
export interface SessionKeys {
  prefix: string;
  /** The encrypted session. TTL: its own end. */
  main: string;
  /** The previous session, with the TTL it had. */
  backup: string;
  /** ISO time at which a session was last stored. */
  lastUpdate: string;
  loginCount: string;
  errorCount: string;
  /** `"G.R"`, or `"G.invalidated"`. No TTL: it outlives the session, so that a late holder can be refused. */
  generation: string;
  /** The highest login counter given out. */
  counter: string;
  /** `owner|G|leaseMs`. TTL: the lease. */
  lock: string;
  /** Highest login counter the platform has refused. */
  rejected: string;
  /** `G|code|count|at|tag|message`: the last failed login. TTL an hour. */
  failure: string;
  /** `mark|count|untilMs`: refused credentials in a row (`markOf`). */
  lockout: string;
  /** What a login usually takes, milliseconds (moving average, see `LEARNING` in `scripts.ts`). */
  usual: string;
  /** `before|last`: what the last two logins took, milliseconds. */
  lastLogins: string;
  /** `count|untilMs`: logins in a row that did not help an operation. TTL: twice the pause. */
  vain: (operation: string) => string;
  /** Encrypted: what renews the session that ended. TTL: as long as it may. */
  refresh: string;
  /** The last window of time whose one-time code was sent. TTL 10 min. */
  oneTimeCode: string;
  /** A person was asked for: an alert is up. TTL 5 min. */
  needsPerson: string;
  /** A login in the background was just requested. TTL 10 s. */
  background: string;
  /** Owner of the dry run under way. TTL: its lease. */
  dryRun: string;
  /** `nextAtMs|failures` of the keepalive. */
  keepalive: string;
  /** Owner of the last claim of it. TTL a minute. */
  keepaliveOwner: string;
}

export const sessionKeys = (definition: PlatformDefinition, account?: string): SessionKeys =>
  keysUnder(prefixOf(definition, account));

/** The same for whatever is kept as a session is. */
export function keysUnder(prefix: string): SessionKeys {
  return {
    prefix,
    main: `${prefix}session:main`,
    backup: `${prefix}session:backup`,
    lastUpdate: `${prefix}config:last_update`,
    loginCount: `${prefix}stats:login_count`,
    errorCount: `${prefix}stats:error_count`,
    generation: `${prefix}session:generation`,
    counter: `${prefix}session:counter`,
    lock: `${prefix}session:lock`,
    rejected: `${prefix}session:rejected`,
    failure: `${prefix}session:failure`,
    lockout: `${prefix}session:lockout`,
    usual: `${prefix}stats:login_ms`,
    lastLogins: `${prefix}stats:last_logins_ms`,
    vain: (operation) => `${prefix}session:vain:${operation}`,
    refresh: `${prefix}session:refresh`,
    oneTimeCode: `${prefix}session:one-time-code`,
    needsPerson: `${prefix}session:needs-person`,
    background: `${prefix}session:background`,
    dryRun: `${prefix}session:dry-run`,
    keepalive: `${prefix}session:keepalive`,
    keepaliveOwner: `${prefix}session:keepalive-owner`,
  };
}

/** The key the guard reads to learn in its own round trip that a newer session exists. */
export function sessionGenerationKey(definition: PlatformDefinition, account?: string): string {
  return `${prefixOf(definition, account)}session:generation`;
}
