/**
 * What the guard asks of the sessions of several accounts, to give a call one that can serve it at once.
 *
 * Lua: `session_fitness(at, generation)` → can it serve, is a login running. Needs `text` (the value of a key or `''`).
 * From `KEYS[at]`: main, rejected, lock (`SessionKeys`).
 */
export const SESSION_FITNESS_LUA = `
local function session_fitness(at, generation)
  local login = tonumber(string.match(generation, '^(%d+)%.%d+$') or '')
  local serves = login and login > (tonumber(text(KEYS[at + 1])) or 0) and redis.call('EXISTS', KEYS[at]) == 1
  return serves, redis.call('EXISTS', KEYS[at + 2]) == 1
end
`;
