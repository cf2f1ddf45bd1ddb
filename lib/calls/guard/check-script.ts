import { script } from '../../vendors/redis/redis.ts';
import { ADMIT_LUA } from './breaker-state.ts';

/**
 * All checks before a call is sent, atomically: breaker, then quotas, then two plain reads.
 *
 * KEYS: [breaker] [state] [cached answer] quota counters...
 * ARGV: now, has breaker, has state, has cache (`1`/`0`), leaseMs, freshSince, token, then limit and TTL (ms) per
 * quota.
 * Answers: refusedForMs, failures, probe, index of the quota that refuses (0: none), state, cached answer,
 * then the count of each quota. `''` stands for "no such key": a nil would end the list.
 *
 * A key with an unexpected value is read as absent (a counter starts anew): one bad key must not disable the guard.
 * A call refused by the breaker or by one window is counted in none. Of several full windows the one that stays full
 * longest is named (they come ordered, the longest last). A call with a fresh cached answer must not become the
 * probe, as it is never sent: it gets a refusal with the answer, and `freshSince` says what is fresh. A probe that asks
 * again (its first reply was lost) has been counted.
 */
export const CHECK = script(`${ADMIT_LUA}
local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end
local function count(key)
  local value = redis.pcall('GET', key)
  local number = type(value) == 'string' and string.match(value, '^%d+$') and tonumber(value)
  if value and not number then redis.call('DEL', key) end
  return number or 0
end

local now = tonumber(ARGV[1])
local leaseMs, freshSince, token = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local k = 0
local breaker, state, cached = nil, '', ''
if ARGV[2] == '1' then k = k + 1; breaker = KEYS[k] end
if ARGV[3] == '1' then k = k + 1; state = text(KEYS[k]) end
if ARGV[4] == '1' then k = k + 1; cached = text(KEYS[k]) end

local refusedFor, failures, mayProbe, isProbe = 0, 0, false, false
if breaker then refusedFor, failures, mayProbe, isProbe = admit(breaker, now, token) end
if mayProbe then
  local storedAt = tonumber(string.match(cached, '^1:(%d+):') or '')
  if storedAt and storedAt >= freshSince then refusedFor = 1000; mayProbe = false end
end

local counts, full = {}, 0
for i = k + 1, #KEYS do
  local n = i - k
  counts[n] = count(KEYS[i])
  if not isProbe and counts[n] >= tonumber(ARGV[6 + 2 * n]) then full = n end
end

local probe = isProbe and 1 or 0
if refusedFor == 0 and full == 0 and not isProbe then
  for n = 1, #counts do
    counts[n] = redis.call('INCR', KEYS[k + n])
    if counts[n] == 1 then redis.call('PEXPIRE', KEYS[k + n], ARGV[7 + 2 * n]) end
  end
  if mayProbe then lease_probe(breaker, now, leaseMs, token); probe = 1 end
end

local reply = { refusedFor, failures, probe, full, state, cached }
for n = 1, #counts do reply[6 + n] = counts[n] end
return reply
`);

export interface CheckReply {
  refusedForMs: number;
  failures: number;
  probe: boolean;
  /** Index into the quotas asked, -1: none refuses. */
  full: number;
  state: string | null;
  cached: string | null;
  counts: number[];
}

/** @throws TypeError when the reply is not one of the script. */
export function parseReply(reply: unknown, quotas: number): CheckReply {
  if (!Array.isArray(reply) || reply.length !== 6 + quotas)
    throw new TypeError('Unexpected reply of the guard script.');
  const [refusedFor, failures, probe, full, state, cached, ...counts] = reply as unknown[];
  return {
    refusedForMs: integer(refusedFor),
    failures: integer(failures),
    probe: integer(probe) === 1,
    full: integer(full) - 1,
    state: text(state),
    cached: text(cached),
    counts: counts.map(integer),
  };
}

function integer(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw new TypeError('Not an integer.');
  return number;
}

function text(value: unknown): string | null {
  if (typeof value !== 'string') throw new TypeError('Not a string.');
  return value === '' ? null : value;
}
