import { SESSION_FITNESS_LUA } from '../../platforms/session/fitness.ts';
import { script } from '../../vendors/redis/redis.ts';
import { USES_LUA } from './account-uses.ts';
import { ADMIT_LUA } from './breaker-state.ts';

/** Counters outlive their window by this much, so that a slow clock does not start one anew. */
export const QUOTA_TTL_MARGIN_MS = 60_000;

/**
 * All checks before a call is sent, atomically: breaker, then the choice of an account, its quotas, and two plain reads.
 *
 * KEYS: revision marker, [breaker] [cached answer] [uses of accounts], then per candidate: [state] fitness... quota counters...
 * A service with one account has one candidate, without fitness.
 * ARGV: now, has breaker, has state, has cache (`1`/`0`), leaseMs, freshSince, token, number of candidates, of
 * fitness keys, of quotas; the revision that the caller knows (0: any will do); then limit and TTL (ms) per quota; then, of several accounts, name and mark per candidate.
 * Answers the newest revision alone where the caller's is older: nothing was counted. Else: refusedForMs, failures, probe, index of the candidate, for how long it is unfit (ms), index of its quota that
 * refuses (0: none), its state, cached answer, then the count of each of its quotas. `''` stands for "no such key": a nil
 * would end the list.
 *
 * A key with an unexpected value is read as absent (a counter starts anew): one bad key must not disable the guard.
 * A call refused by the breaker or by one window is counted in none. Of several full windows the one that stays full
 * longest is named (they come ordered, the longest last). A call with a fresh cached answer must not become the
 * probe, as it is never sent: it gets a refusal with the answer, and `freshSince` says what is fresh. A probe that asks
 * again (its first reply was lost) has been counted.
 *
 * An account is fit when its credentials are not paused, or a session serves without them, and no quota of it is used
 * up. Of those that are fit, the least used; one whose login just runs only if there is no other. When none is,
 * the one that comes back soonest: its own error is the caller's.
 */
export const CHECK = script(`${ADMIT_LUA}${USES_LUA}
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
${SESSION_FITNESS_LUA}
local now = tonumber(ARGV[1])
local leaseMs, freshSince, token = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local candidates, fitness, quotas = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local known = tonumber(ARGV[11])
local newest = known > 0 and count(KEYS[1]) or 0
if newest > known then return { newest } end
local marks = 11 + 2 * quotas
local several = #ARGV > marks
local function limit(n) return tonumber(ARGV[10 + 2 * n]) end
local function ttl(n) return tonumber(ARGV[11 + 2 * n]) end
local function name(c) return ARGV[marks - 1 + 2 * c] end
local function mark(c) return ARGV[marks + 2 * c] end

local k = 1
local breaker, cached, usesKey = nil, '', nil
if ARGV[2] == '1' then k = k + 1; breaker = KEYS[k] end
if ARGV[4] == '1' then k = k + 1; cached = text(KEYS[k]) end
if several then k = k + 1; usesKey = KEYS[k] end

local refusedFor, failures, mayProbe, isProbe, isHeld = 0, 0, false, false, false
if breaker then refusedFor, failures, mayProbe, isProbe, isHeld = admit(breaker, now, token) end
if mayProbe then
  local storedAt = tonumber(string.match(cached, '^1:(%d+):') or '')
  if storedAt and storedAt >= freshSince then refusedFor = 1000; mayProbe = false end
end

local function look(c)
  local own = { at = k + (c - 1) * (tonumber(ARGV[3]) + fitness + quotas), state = '', full = 0, unfitFor = 0, login = 0 }
  if ARGV[3] == '1' then own.at = own.at + 1; own.state = text(KEYS[own.at]) end
  if fitness > 0 then
    local serves, running = false, false
    if fitness > 1 then serves, running = session_fitness(own.at + 2, own.state) end
    local refused, untilMs = string.match(text(KEYS[own.at + 1]), '^(.*)|%d+|(%d+)$')
    if refused == mark(c) and not serves then own.unfitFor = math.max(0, tonumber(untilMs) - now) end
    if running and not serves then own.login = 1 end
    own.at = own.at + fitness
  end
  own.counts = {}
  for n = 1, quotas do
    own.counts[n] = count(KEYS[own.at + n])
    if not isProbe and own.counts[n] >= limit(n) then own.full = n end
  end
  if own.full > 0 then own.unfitFor = math.max(own.unfitFor, ttl(own.full) - ${QUOTA_TTL_MARGIN_MS}) end
  return own
end

local chosen, account = look(1), 1
local uses = nil
if several then
  local names = {}
  for c = 1, candidates do names[c] = name(c) end
  uses = read_uses(usesKey, names, now)
  local function before(a, ua, b, ub)
    if a.unfitFor ~= b.unfitFor then return a.unfitFor < b.unfitFor end
    if a.login ~= b.login then return a.login < b.login end
    if ua[2] ~= ub[2] then return ua[2] < ub[2] end
    return ua[3] < ub[3]
  end
  for c = 2, candidates do
    local other = look(c)
    if before(other, uses[c], chosen, uses[account]) then chosen, account = other, c end
  end
end

local probe = isProbe and 1 or 0
if refusedFor == 0 and chosen.full == 0 and not isProbe then
  for n = 1, quotas do
    chosen.counts[n] = redis.call('INCR', KEYS[chosen.at + n])
    if chosen.counts[n] == 1 then redis.call('PEXPIRE', KEYS[chosen.at + n], ttl(n)) end
  end
  if several then count_use(usesKey, name(account), uses[account], now) end
  if mayProbe then lease_probe(breaker, now, leaseMs, token); probe = 1 end
end

local reply = { refusedFor, failures, probe, account, math.ceil(chosen.unfitFor), chosen.full, chosen.state, cached, isHeld and 1 or 0 }
for n = 1, quotas do reply[9 + n] = chosen.counts[n] end
return reply
`);

export interface CheckReply {
  refusedForMs: number;
  /** Refused, as an operator holds the breaker open. */
  isHeld: boolean;
  failures: number;
  probe: boolean;
  /** Index into the candidates asked. */
  candidate: number;
  /** 0: it is fit. */
  unfitForMs: number;
  /** Index into the quotas asked, -1: none refuses. */
  full: number;
  state: string | null;
  cached: string | null;
  counts: number[];
}

/** `newerRevision`: nothing was looked at. @throws TypeError when the reply is not one of the script. */
export function parseReply(reply: unknown, quotas: number): CheckReply | { newerRevision: number } {
  if (Array.isArray(reply) && reply.length === 1) return { newerRevision: integer(reply[0]) };
  if (!Array.isArray(reply) || reply.length !== 9 + quotas)
    throw new TypeError('Unexpected reply of the guard script.');
  const [refusedFor, failures, probe, candidate, unfitFor, full, state, cached, held, ...counts] =
    reply as unknown[];
  return {
    refusedForMs: integer(refusedFor),
    isHeld: integer(held) === 1,
    failures: integer(failures),
    probe: integer(probe) === 1,
    candidate: integer(candidate) - 1,
    unfitForMs: integer(unfitFor),
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
