/**
 * Credentials that a third party refuses: counted for the whole fleet, so that nobody sends them a fourth time and has
 * the account locked (SPEC 5). Platforms with a login count there (`platforms/session/lockout.ts`) by the same rule.
 *
 * | state | in Redis, `gatehouse:credentials:{CODE}:refused`, of one of several accounts `...:{CODE}/{account}:refused` |
 * |---|---|
 * | accepted | nothing |
 * | doubted | `version\|count\|0`: refused `count` times in a row |
 * | paused | `version\|count\|untilMs`: nothing is sent before that; then one try is free |
 *
 * Another version of the credentials starts from zero: of one of several accounts, other values (`markOf`).
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../../runtime/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import { parseSubject } from '../../definition/account.ts';
import { markOf } from './credentials.ts';
import type { CredentialStore } from './credentials.ts';

/** From the definition: `failures` refusals in a row pause for `seconds`. */
export interface Lockout {
  failures: number;
  seconds: number;
}

/** Refused credentials in a row; `lockedUntil` (ms since the epoch) 0: no pause. */
export interface Refusals {
  refusals: number;
  lockedUntil: number;
}

export interface RefusalsState extends Refusals {
  /** Of the credentials. */
  version: string;
}

/** Lua: counts one more refusal of these credentials. Needs `read`, `number` and `whole`. Answers {refusals, until ms or 0}. */
export const REFUSE_LUA = `
local function refuse(lockout, version, now, limit, period)
  local lockedVersion, refusals = string.match(read(lockout) or '', '^(.*)|(%d+)|%d+$')
  if lockedVersion ~= version then refusals = 0 end
  refusals = number(refusals) + 1
  local lockedUntil = 0
  if refusals >= number(limit) then lockedUntil = number(now) + number(period) end
  redis.call('SET', lockout, table.concat({version, whole(refusals), whole(lockedUntil)}, '|'), 'PX', whole(number(period) + 86400000))
  return {whole(refusals), whole(lockedUntil)}
end
`;

/** Lua: values as they are read, whatever a key holds. */
export const READING_LUA = `
local function read(key)
  local value = redis.pcall('GET', key)
  if type(value) == 'string' then return value end
  return nil
end
local function number(text) return tonumber(text or '') or 0 end
local function whole(value) return string.format('%.0f', value) end
`;

export function parseRefusals(text: string | null | undefined): RefusalsState | undefined {
  const match = /^(.*)\|(\d+)\|(\d+)$/.exec(text ?? '');
  return match
    ? { version: match[1]!, refusals: Number(match[2]), lockedUntil: Number(match[3]) }
    : undefined;
}

/** KEYS: state, report. ARGV: now, version, failures, ms. A report that is sent twice counts once. */
export const REFUSE = script(`${READING_LUA}${REFUSE_LUA}
local now, version, limit, period = unpack(ARGV)
if not redis.call('SET', KEYS[2], '1', 'PX', 60000, 'NX') then
  local _, refusals, untilMs = string.match(read(KEYS[1]) or '', '^(.*)|(%d+)|(%d+)$')
  return {whole(number(refusals)), whole(number(untilMs))}
end
return refuse(KEYS[1], version, now, limit, period)
`);

/** Counts by subject: `CODE`, or `CODE/north`. */
export interface RefusalCounter {
  /** Redis key of the state: whoever reads anyway before a call may read it too. */
  key(subject: string): string;
  /** The same of a service's token endpoint, counted where tokens are fetched: what an API accepts says nothing of it. */
  tokenKey(subject: string): string;
  /** They pause: raises `CREDENTIALS_REFUSED`. */
  raise(subject: string, refusals: number, lockout: Lockout): Promise<void>;
  resolve(subject: string): Promise<void>;
  /**
   * Lets a call pass unless its credentials are paused.
   * @param stored what was read under `key` just now; `undefined`: it was not read.
   * @throws GatewayError `AUTHENTICATION_FAILED` with `retryAfterSeconds`.
   */
  admit(subject: string, version: string, stored: string | null | undefined): Promise<void>;
  /** The third party refused these credentials. Raises `CREDENTIALS_REFUSED` when they pause. Never rejects. */
  refused(subject: string, version: string, lockout: Lockout): Promise<void>;
  /** It answered with something else: they are good. Writes only when there was a doubt. Never rejects. */
  accepted(subject: string): Promise<void>;
  /** Until when these credentials pause, ms since the epoch; `undefined`: they do not. */
  pausedUntil(subject: string, version: string): Promise<number | undefined>;
  /** An operator ends the pause. */
  unlock(subject: string): Promise<void>;
}

/** Kind of the alert that is up while a third party's credentials are not sent any more. */
const CREDENTIALS_REFUSED = 'CREDENTIALS_REFUSED';

/** The version of what is sent without any: what is refused then is the caller's address, or the call as such. */
export const NO_CREDENTIALS = '';

/** How long what was read counts when no call reads it anyway, milliseconds. */
const TRUST_MS = 30_000;
/** While paused, how often the credentials are read again: somebody may have replaced them. */
const READ_AGAIN_MS = 5_000;

interface Known {
  state: RefusalsState | undefined;
  readAt: number;
  credentialsReadAt: number;
}

export function createRefusalCounter(deps: {
  redis: Redis;
  credentials: Pick<CredentialStore, 'current' | 'forget'>;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}): RefusalCounter {
  const { redis, credentials, alerts, clock, random } = deps;
  const known = new LRUCache<string, Known>({ max: 1_000 });
  const key = (subject: string) => `gatehouse:credentials:${subject}:refused`;
  const tokenKey = (subject: string) => `gatehouse:credentials:${subject}:token-refused`;

  const raise = (subject: string, times: number, { seconds }: Lockout) =>
    alerts.raise({
      kind: CREDENTIALS_REFUSED,
      subject,
      severity: 'critical',
      summary: `${subject} refused its credentials ${times} times in a row; they are not sent again for ${Math.ceil(seconds / 60)} min.`,
      details: { refusals: times, seconds },
    });
  const resolve = (subject: string) => alerts.resolve(CREDENTIALS_REFUSED, subject);

  async function stateOf(subject: string, stored: string | null | undefined): Promise<Known> {
    const before = known.get(subject);
    const now = clock.now();
    if (stored === undefined && before && now - before.readAt < TRUST_MS) return before;
    // Without Redis what this process knows counts: a call is not refused because a count cannot be read.
    const text = stored === undefined ? await redis.get(key(subject)).catch(() => undefined) : stored;
    const state = text === undefined ? before?.state : parseRefusals(text);
    const fresh = { state, readAt: now, credentialsReadAt: before?.credentialsReadAt ?? 0 };
    known.set(subject, fresh);
    return fresh;
  }

  async function currentVersion(subject: string, of: Known, version: string): Promise<string> {
    if (version === NO_CREDENTIALS || clock.now() - of.credentialsReadAt < READ_AGAIN_MS) return version;
    of.credentialsReadAt = clock.now();
    const { code, account } = parseSubject(subject);
    credentials.forget(code);
    const current = await credentials.current(code, account).catch(() => undefined);
    return current ? markOf(current) : version;
  }

  return {
    key,
    tokenKey,
    raise,
    resolve,

    async admit(subject, version, stored) {
      const of = await stateOf(subject, stored);
      const { state } = of;
      if (!state || state.version !== version || state.lockedUntil <= clock.now()) return;
      if ((await currentVersion(subject, of, version)) !== version) return;
      throw credentialsPaused(subject, state.lockedUntil, clock.now());
    },

    async refused(subject, version, lockout) {
      const now = clock.now();
      credentials.forget(parseSubject(subject).code);
      const args = [Math.floor(now), version, lockout.failures, Math.ceil(lockout.seconds * 1_000)];
      const report = `${key(subject)}:${random.uuid()}`;
      const counted = await redis.run<string[]>(REFUSE, [key(subject), report], args).catch(() => undefined);
      const before = known.get(subject)?.state;
      const [refusals, lockedUntil] = counted
        ? counted.map(Number)
        : countedAlone(before?.version === version ? before.refusals : 0, now, lockout);
      const state = { version, refusals: refusals!, lockedUntil: lockedUntil! };
      known.set(subject, { state, readAt: now, credentialsReadAt: 0 });
      if (state.lockedUntil <= now) return;
      await raise(subject, state.refusals, lockout);
    },

    async accepted(subject) {
      const before = known.get(subject);
      if (!before?.state) return;
      before.state = undefined;
      await redis.del(key(subject)).catch(() => 0);
      await resolve(subject);
    },

    async pausedUntil(subject, version) {
      const state = parseRefusals(await redis.get(key(subject)));
      return state?.version === version && state.lockedUntil > clock.now() ? state.lockedUntil : undefined;
    },

    async unlock(subject) {
      known.delete(subject);
      await redis.del(key(subject), tokenKey(subject));
      await resolve(subject);
    },
  };
}

/** Without Redis a process counts for itself. */
function countedAlone(before: number, now: number, { failures, seconds }: Lockout): [number, number] {
  const refusals = before + 1;
  return [refusals, refusals >= failures ? now + seconds * 1_000 : 0];
}

/** Refused too often: nothing is sent before `untilMs`. */
export function credentialsPaused(subject: string, untilMs: number, now: number): GatewayError {
  return new GatewayError(
    'AUTHENTICATION_FAILED',
    `${subject} has refused these credentials repeatedly; they are not sent before ${new Date(untilMs).toISOString()}. ` +
      `New credentials or \`${unlockCommand(subject)}\` end the pause.`,
    { retryAfterSeconds: Math.max(1, Math.ceil((untilMs - now) / 1_000)) },
  );
}

/** What an operator types to end a pause. */
export function unlockCommand(subject: string): string {
  const { code, account } = parseSubject(subject);
  return `gatehouse session unlock ${code}${account === undefined ? '' : ` --account ${account}`}`;
}
