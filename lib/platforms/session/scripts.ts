/**
 * The fleet's side of a session: what Redis decides, atomically. One script per transition.
 *
 * | state | what is in Redis |
 * |---|---|
 * | none | no `main`, or a `generation` that is absent, unreadable or `G.invalidated` |
 * | live | `main`, and `generation` = `G.R` above `rejected` |
 * | rejected | `main`, and `rejected` ≥ G: the platform refused it |
 * | logging in | `lock` = `owner|G'|lease` (beside any of the above), G' above every G seen so far |
 * | backoff | `failure` of the same definition and credentials, younger than its pause |
 * | locked out | `lockout` of the current credentials version, its end still ahead |
 *
 * | script | from → to |
 * |---|---|
 * | begin | live → (answers it); none, rejected → logging in, unless a login runs, after a failure, locked out or too little time |
 * | store | logging in → live; refused when the stored G is as new (fencing) |
 * | fail | logging in → what it was, plus failure, perhaps locked out |
 * | release | logging in → what it was, perhaps locked out |
 * | rememberVain | changes no state: for a while `begin` takes no lock for that operation |
 * | takeOver | any → live, with a G above every login now running |
 * | update | live G.R → live G.R+1 |
 * | invalidate | any → none, with a G above every login now running |
 * | beginDryRun, endDryRun | change no state but the count of refusals, and so perhaps → locked out |
 * | claimKeepalive | due → not due for one interval |
 *
 * The lock saves logins; what keeps an old session from replacing a new one is G in `store`. Values are read
 * with `pcall`: a key of a foreign type counts as absent, and is overwritten. A command that the SDK sends
 * twice (the first reply was lost) has its effect once: owner, G and value show that it ran before.
 */
import { READING_LUA, REFUSE_LUA } from '../../access/credentials/refusals.ts';
import { script } from '../../vendors/redis/redis.ts';

const READING = `${READING_LUA}local function generation(text)
  if not text then return 0, nil end
  local login, revision = string.match(text, '^(%d+)%.(%w+)$')
  if not login or (revision ~= 'invalidated' and not string.match(revision, '^%d+$')) then return 0, nil end
  return tonumber(login), tonumber(revision)
end
local function ttl(key)
  local ms = redis.pcall('PTTL', key)
  if type(ms) == 'number' then return ms end
  return -2
end
local function bump(key)
  redis.call('SET', key, whole(number(read(key)) + 1))
end
`;

/**
 * The pause after a failed login. The first failure has none: the next attempt may succeed. Refused credentials
 * have the lockout instead; correcting a wrong configuration changes the tag, which ends the pause. Where a login costs
 * a captcha, and where a form ended without a verdict, it grows to 30 s; otherwise to 2 s. A person who did not answer is
 * asked again after 1 min, then later and later, up to 10.
 */
const BACKOFF = `
local function pause(code, count, paid)
  if code == 'SESSION_NEEDS_PERSON' then return math.min(600000, 60000 * 2 ^ math.min(count - 1, 10)) end
  if count < 2 or code == 'AUTHENTICATION_FAILED' or code == 'CONFIGURATION_ERROR' then return 0 end
  local cap = 2000
  if paid == '1' or code == 'LOGIN_UNCLEAR' then cap = 30000 end
  return math.min(cap, 1000 * 2 ^ math.min(count - 2, 10))
end
`;

/**
 * What a login usually takes. One that hung must not make the whole fleet believe that there is never time for a
 * login, and waking waiters late costs more than waking them early: the average follows a faster login quickly, a
 * slower one slowly and only up to a multiple; the very first counts for at most 10 s.
 *
 * Two in a row are no accident: `least` is what both took. Whoever has not even that need not try, nor wait.
 */
const LEARNING = `
local function least(lastKey)
  local before, last = string.match(read(lastKey) or '', '^(%d+)|(%d+)$')
  return math.min(number(before), number(last))
end

local function learn(key, took, lastKey)
  local average, sample = number(read(key)), number(took)
  if sample <= 0 then return end
  local _, last = string.match(read(lastKey) or '', '^(%d+)|(%d+)$')
  redis.call('SET', lastKey, whole(number(last)) .. '|' .. whole(sample))
  local weight = 0.5
  if average == 0 then
    average, weight = math.min(sample, 10000), 0
  elseif sample > average then
    sample, weight = math.min(sample, 4 * average + 1000), 0.2
  end
  redis.call('SET', key, whole(math.max(1, average + weight * (sample - average))))
end
`;

/** Look for a live session; failing that, take the lock. See `Store.begin` for arguments and answers. */
export const BEGIN = script(`${READING}${BACKOFF}${LEARNING}
local lock, counter, gen, main, failure, lockout, usual, rejected, background, lastLogins, vain, wanted = unpack(KEYS)
local owner, lease, than, mark, highest, seen, version, tag, now, budget, need, force, remembered, paid, alone = unpack(ARGV)
lease, than, highest, now, budget, need = number(lease), number(than), number(highest), number(now), number(budget), number(need)
local text = read(gen)
local login, revision = generation(text)
local refused = number(read(rejected))
local _, vainUntil = string.match(remembered == '1' and read(vain) or '', '^(%d+)|(%d+)$')
local inVain = number(vainUntil) > now
if mark == '1' and than > refused and not inVain then
  redis.call('SET', rejected, whole(than))
  refused = than
end
if revision and login > than and (force == '1' or login > refused) then
  local document = read(main)
  if document then return {'newer', document, text} end
end
if inVain then return {'in-vain', whole(number(vainUntil) - now)} end
if alone == '1' then
  return {'needs-person', redis.call('SET', wanted, '1', 'PX', 300000, 'NX') and '1' or '0'}
end
local expected, atLeast = number(read(usual)), least(lastLogins)
local held = read(lock)
local holder, mine, whose = nil, nil, nil
if held then
  holder, mine, whose = string.match(held, '^([^|]+)|(%d+)|(%d+)$')
  if holder == owner then return {'acquired', mine, whole(expected), '0'} end
end
local lockedVersion, _, lockedUntil = string.match(read(lockout) or '', '^(.*)|(%d+)|(%d+)$')
if lockedVersion == version and number(lockedUntil) > now then
  return {'locked', whole(number(lockedUntil) - now)}
end
local failed, code, count, at, failedTag, message = string.match(read(failure) or '', '^(%d+)|([%u_]+)|(%d+)|(%d+)|([^|]*)|?(.*)$')
if seen ~= '' and number(failed) > number(seen) then return {'failed', code, message} end
local left = ttl(lock)
if held and left > 0 then
  return {'running', whole(math.max(0, number(whose) - left)), whole(expected), whole(number(failed)), whole(atLeast)}
end
if force ~= '1' and failed and failedTag == tag then
  local wait = number(at) + pause(code, number(count), paid) - now
  if wait > 0 then return {'backoff', code, whole(wait), message} end
end
if need > 0 then need = math.max(expected > 0 and expected or need, atLeast) end
if budget < 1.2 * need then
  local first = redis.call('SET', background, '1', 'PX', 10000, 'NX')
  return {'no-time', whole(need), first and '1' or '0', whole(number(failed)), whole(atLeast)}
end
local mineNow = whole(math.max(number(read(counter)), login, refused, highest) + 1)
redis.call('SET', counter, mineNow)
redis.call('SET', lock, owner .. '|' .. mineNow .. '|' .. whole(lease), 'PX', whole(lease))
redis.call('DEL', background)
return {'acquired', mineNow, whole(expected), whole(number(failed))}
`);

/** ARGV: owner, G, document, ttl ms, what the login took ms, ISO time. Answers 1, or 0 when G is too old. */
export const STORE = script(`${READING}${LEARNING}
local main, backup, gen, lock, failure, lockout, usual, logins, updated, counter, lastLogins = unpack(KEYS)
local owner, login, document, life, took, at = unpack(ARGV)
local current = generation(read(gen))
local held = read(lock)
if held and string.match(held, '^([^|]+)|') == owner then redis.call('DEL', lock) end
if current >= number(login) then
  if current == number(login) and read(main) == document then return 1 end
  return 0
end
local previous, left = read(main), ttl(main)
if previous and left > 0 then redis.call('SET', backup, previous, 'PX', whole(left)) end
redis.call('SET', main, document, 'PX', life)
redis.call('SET', gen, login .. '.0')
if number(read(counter)) < number(login) then redis.call('SET', counter, login) end
redis.call('DEL', failure, lockout)
redis.call('SET', updated, at)
bump(logins)
learn(usual, took, lastLogins)
return 1
`);

/**
 * A session from a person, under the next G: whoever is logging in has a lower one. The lock stays with its owner, and so
 * do failures and lockout: nobody has tried the credentials. ARGV: G, document, ttl ms, ISO time. Answers the G that is
 * free when G is not.
 */
export const TAKE_OVER = script(`${READING}
local main, backup, gen, counter, rejected, updated, background, wanted = unpack(KEYS)
local login, document, life, at = unpack(ARGV)
if read(gen) == login .. '.0' and read(main) == document then return login end
local current = generation(read(gen))
local free = whole(math.max(number(read(counter)), current, number(read(rejected))) + 1)
if number(login) < number(free) then return free end
local previous, left = read(main), ttl(main)
if previous and left > 0 then redis.call('SET', backup, previous, 'PX', whole(left)) end
redis.call('SET', main, document, 'PX', life)
redis.call('SET', gen, login .. '.0')
redis.call('SET', counter, login)
redis.call('SET', updated, at)
redis.call('DEL', background, wanted)
return login
`);

/**
 * Fenced like `store`: once a later login has brought a session, what an earlier one met says nothing any more.
 * ARGV: owner, G, code, tag, message, counts toward the lockout (1/0), now ms, version, lockout failures, lockout ms.
 * Answers {refusals in a row, locked until ms or 0}.
 */
export const FAIL = script(`${READING}${REFUSE_LUA}
local lock, failure, lockout, errors, gen = unpack(KEYS)
local owner, login, code, tag, message, counts, now, version, limit, period = unpack(ARGV)
local held = read(lock)
if held and string.match(held, '^([^|]+)|') == owner then redis.call('DEL', lock) end
local last, _, count, _, lastTag = string.match(read(failure) or '', '^(%d+)|([%u_]+)|(%d+)|(%d+)|([^|]*)')
local lockedVersion, refusals, lockedUntil = string.match(read(lockout) or '', '^(.*)|(%d+)|(%d+)$')
if lockedVersion ~= version then refusals, lockedUntil = 0, 0 end
local current, revision = generation(read(gen))
local late = revision and current > number(login)
if late or number(last) == number(login) then return {whole(number(refusals)), whole(number(lockedUntil))} end
if lastTag ~= tag then count = 0 end
if number(last) < number(login) then
  redis.call('SET', failure, table.concat({login, code, whole(number(count) + 1), now, tag, message}, '|'), 'PX', 3600000)
end
bump(errors)
if counts ~= '1' then return {whole(number(refusals)), '0'} end
return refuse(lockout, version, now, limit, period)
`);

/**
 * A dry run begins: one at a time, none while locked out. Callers' logins do not look at its lock.
 * ARGV: owner, lease ms, version, now ms. Answers {'locked', ms}, {'busy', ms} or {'go'}.
 */
export const BEGIN_DRY_RUN = script(`${READING}
local lock, lockout = unpack(KEYS)
local owner, lease, version, now = unpack(ARGV)
local lockedVersion, _, lockedUntil = string.match(read(lockout) or '', '^(.*)|(%d+)|(%d+)$')
if lockedVersion == version and number(lockedUntil) > number(now) then
  return {'locked', whole(number(lockedUntil) - number(now))}
end
local left = ttl(lock)
if left > 0 and read(lock) ~= owner then return {'busy', whole(left)} end
redis.call('SET', lock, owner, 'PX', lease)
return {'go'}
`);

/**
 * A dry run is over. ARGV: owner, verdict ('refused', 'in' or 'other'), now ms, version, lockout failures,
 * lockout ms. Answers {refusals in a row, locked until ms or 0}. Without its lock nothing counts: this command was sent twice.
 */
export const END_DRY_RUN = script(`${READING}${REFUSE_LUA}
local lock, lockout = unpack(KEYS)
local owner, verdict, now, version, limit, period = unpack(ARGV)
local lockedVersion, refusals, lockedUntil = string.match(read(lockout) or '', '^(.*)|(%d+)|(%d+)$')
if lockedVersion ~= version then refusals, lockedUntil = 0, 0 end
local known = {whole(number(refusals)), whole(number(lockedUntil))}
if read(lock) ~= owner then return known end
redis.call('DEL', lock)
if verdict == 'refused' then return refuse(lockout, version, now, limit, period) end
if verdict == 'in' then
  redis.call('DEL', lockout)
  return {'0', '0'}
end
return known
`);

/**
 * The login's time was up. ARGV: owner, how long it had run, ms: counts for the next estimate; whether its form was
 * sent and so counts toward the lockout (1/0), now ms, version, lockout failures, lockout ms.
 * Answers {refusals in a row, locked until ms or 0}; zeros when the lock is not ours.
 */
export const RELEASE = script(`${READING}${LEARNING}${REFUSE_LUA}
local lock, usual, lastLogins, lockout = unpack(KEYS)
local owner, took, counts, now, version, limit, period = unpack(ARGV)
local held = read(lock)
if not held or string.match(held, '^([^|]+)|') ~= owner then return {'0', '0'} end
redis.call('DEL', lock)
if number(took) > number(read(usual)) then learn(usual, took, lastLogins) end
if counts == '1' then return refuse(lockout, version, now, limit, period) end
return {'0', '0'}
`);

/**
 * The platform refused an operation on a session made for it: the next logins for it would be in vain too. Each
 * time in a row doubles the pause, 1 min to 10 min; a report from within a pause changes nothing.
 */
export const REMEMBER_VAIN = script(`${READING}
local count, untilMs = string.match(read(KEYS[1]) or '', '^(%d+)|(%d+)$')
local now = number(ARGV[1])
if number(untilMs) > now then return 0 end
local pause = math.min(600000, 60000 * 2 ^ math.min(number(count), 10))
local value = whole(number(count) + 1) .. '|' .. whole(now + pause)
redis.call('SET', KEYS[1], value, 'PX', whole(2 * pause))
return 1
`);

/** ARGV: expected G.R, next G.R, document. Answers 1 when it is stored, 0 when another one is, or none. */
export const UPDATE = script(`${READING}
local current, stored = read(KEYS[2]), read(KEYS[1])
if current == ARGV[2] and stored == ARGV[3] then return 1 end
local left = ttl(KEYS[1])
if not stored or left <= 0 or current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', whole(left))
if ARGV[2] ~= ARGV[1] then redis.call('SET', KEYS[2], ARGV[2]) end
return 1
`);

/** Answers the generation it leaves. A login running meanwhile has a lower G: it will be refused. */
export const INVALIDATE = script(`${READING}
local main, backup, gen, counter, failure, background = unpack(KEYS)
local login = generation(read(gen))
local next = whole(math.max(number(read(counter)), login) + 1)
redis.call('SET', counter, next)
redis.call('SET', gen, next .. '.invalidated')
redis.call('DEL', main, backup, failure, background)
return next .. '.invalidated'
`);

/**
 * KEYS: keepalive, generation, who claimed last. ARGV: now, interval, tolerance, all ms, owner.
 * Answers {'idle'}, {'early'} or {'due', failures in a row}.
 */
export const CLAIM_KEEPALIVE = script(`${READING}
local login, revision = generation(read(KEYS[2]))
if login == 0 or not revision then return {'idle', '0'} end
local now, interval, tolerance = number(ARGV[1]), number(ARGV[2]), number(ARGV[3])
local next, failures = string.match(read(KEYS[1]) or '', '^(%d+)|(%d+)$')
local latest = now + math.max(interval, 240000)
if next and now < number(next) - tolerance and number(next) <= latest then
  return {read(KEYS[3]) == ARGV[4] and 'due' or 'early', failures}
end
redis.call('SET', KEYS[3], ARGV[4], 'PX', 60000)
redis.call('SET', KEYS[1], whole(now + interval) .. '|' .. whole(number(failures)))
return {'due', whole(number(failures))}
`);
