/**
 * The circuit breaker of a service: one hash in Redis, `breaker:{CODE}`, shared by the whole fleet.
 *
 * | state       | means                                             | leaves by |
 * |-------------|---------------------------------------------------|-----------|
 * | `closed`    | calls pass; `failures` counts those in a row      | `failures` reaches the limit → `open` |
 * | `open`      | calls are refused until `until`                   | the first call after `until` → `half-open`, that call is the probe |
 * | `half-open` | one probe is out; others are refused until `until`, the end of its lease | probe succeeds → `closed`; fails → `open`; lease over → the next call is the probe |
 *
 * - No hash at all is `closed` with no failures, so a success deletes it and a Redis that forgot everything lets
 *   calls through.
 * - Reports of calls that began before the breaker opened (not the probe) change nothing while it is not closed.
 * - A probe whose lease ran out may still report: its outcome counts as much as that of the next probe.
 * - The SDK sends a command again when its reply was lost. A call asks under a token of its own (`probe`), so that the
 *   probe is not refused by its own lease, and reports under one (`last`), so that a failure counts once.
 * - `forced` is an operator's order, `open` or `closed`: it holds whatever is reported, until it is taken back.
 * - Times are the callers' clocks, milliseconds since the epoch: the state must be testable without waiting, and
 *   a skew between Lambdas (NTP: milliseconds) only shifts an opening by as much.
 */
import { script } from '../../vendors/redis/redis.ts';

/** How long a probe may be out before another may go: longer than any call (`timeoutSeconds` is at most 300). */
export const PROBE_LEASE_MARGIN_MS = 5_000;
/** When a call may ask again of a breaker that is held open, milliseconds: nobody knows until when. */
const FORCED_RETRY_MS = 30_000;
/** A hash that was not written for so long belongs to a service that is deleted or healthy. */
const KEEP_MS = 7 * 24 * 3_600 * 1_000;

/** Lua: `fields(key)` → state, failures, until, probe, last, forced. A key that is not a hash is deleted: that means closed. */
const FIELDS_LUA = `
local function fields(key)
  local b = redis.pcall('HMGET', key, 'state', 'failures', 'until', 'probe', 'last', 'forced')
  if b.err then redis.call('DEL', key); b = {} end
  return b[1] or 'closed', tonumber(b[2] or '0') or 0, tonumber(b[3] or '0') or 0, b[4], b[5], b[6]
end
`;

/**
 * Lua: `admit(key, now, token)` → refusedForMs (0: not refused), failures, mayProbe, isProbe (it is already), isHeld open. Reads
 * only: whether the call becomes the probe is decided when the quotas have let it pass too (`lease_probe` writes that).
 */
export const ADMIT_LUA = `${FIELDS_LUA}
local function admit(key, now, token)
  local state, failures, untilMs, probe, _, forced = fields(key)
  if forced == 'open' then return ${FORCED_RETRY_MS}, failures, false, false, true end
  if state == 'closed' or forced == 'closed' then return 0, failures, false, false end
  if state == 'half-open' and probe == token then return 0, failures, false, true end
  if now < untilMs then return untilMs - now, failures, false, false end
  return 0, failures, true, false
end
local function lease_probe(key, now, leaseMs, token)
  redis.call('HSET', key, 'state', 'half-open', 'until', string.format('%.0f', now + leaseMs), 'probe', token)
  redis.call('PEXPIRE', key, '${KEEP_MS}')
end
`;

/** KEYS: breaker. ARGV: outcome, probe (`1`/`0`), now, limit, openMs, token. Answers the state afterwards. */
export const RECORD = script(`${FIELDS_LUA}
local key, outcome, probe = KEYS[1], ARGV[1], ARGV[2] == '1'
local now, limit, openMs = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local token = ARGV[6]
local state, failures, _, _, last, forced = fields(key)
if forced or last == token or state == 'open' or (state == 'half-open' and not probe) then
  return state
end
if outcome == 'success' then
  redis.call('DEL', key)
  return 'closed'
end
failures = failures + 1
if state == 'half-open' or failures >= limit then
  redis.call('HSET', key, 'state', 'open', 'failures', string.format('%.0f', failures),
    'until', string.format('%.0f', now + openMs), 'last', token)
  state = 'open'
else
  redis.call('HSET', key, 'state', 'closed', 'failures', string.format('%.0f', failures), 'last', token)
end
redis.call('PEXPIRE', key, '${KEEP_MS}')
return state
`);
