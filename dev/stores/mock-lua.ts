import type { Reply } from './redis-engine.ts';

/**
 * What a script finds around it in Redis, for ioredis-mock, whose Lua is a bare 5.3: arguments and results of
 * `redis.call` converted as Redis does, errors as tables, `cjson`, Lua 5.1's names; and the result carried out
 * as text, since the mock drops nil, truth and fractions on the way.
 * https://redis.io/docs/latest/develop/programmability/lua-api/
 */
const PRELUDE = `
local mock = call
unpack = table.unpack
table.getn = function(t) return #t end
loadstring = load
math.pow = function(a, b) return a ^ b end
math.mod = math.fmod

local function text(value)
  if type(value) == 'string' then return value end
  if math.type(value) == 'integer' then return string.format('%d', value) end
  if type(value) == 'number' then
    return value == math.floor(value) and math.abs(value) < 1e17
      and string.format('%.0f', value) or string.format('%.17g', value)
  end
  error('ERR Lua redis lib command arguments must be strings or integers', 0)
end

local STATUS = { SET=1, SETEX=1, PSETEX=1, MSET=1, HMSET=1, RENAME=1, FLUSHALL=1, FLUSHDB=1, LSET=1, LTRIM=1, TYPE=1, PING=1 }
local OPTION = { nx='NX', xx='XX', px='PX', ex='EX', pxat='PXAT', exat='EXAT', keepttl='KEEPTTL', get='GET' }

local function reply(value)
  if value == nil then return false end
  if type(value) == 'userdata' then
    -- null has no length.
    local sized, size = pcall(function() return #value end)
    if not sized then return false end
    if type(size) ~= 'number' then return { err = 'WRONGTYPE Operation against a key holding the wrong kind of value' } end
    local list = {}
    for i = 1, size do list[i] = reply(value[i]) end
    return list
  end
  if math.type(value) == 'float' and value == math.floor(value) then return math.floor(value) end
  if type(value) ~= 'string' and type(value) ~= 'number' and type(value) ~= 'boolean' then return false end
  return value
end

local function invoke(...)
  local args = { ... }
  for i = 1, #args do args[i] = text(args[i]) end
  local name = string.upper(args[1] or '')
  args[1] = name
  if name == 'SET' then
    for i = 4, #args do args[i] = OPTION[string.lower(args[i])] or args[i] end
  end
  local value = mock(true, unpack(args))
  if type(value) == 'userdata' and value[0] == 'error' then
    local message = string.gsub(value[1], '^%a*Error: ', '')
    if string.find(message, 'undefined', 1, true) then message = 'ERR Unknown Redis command called from script' end
    return { err = message }
  end
  value = reply(value)
  -- The mock gives nothing for an empty text.
  if name == 'GET' and value == false and mock(true, 'EXISTS', args[2]) == 1 then return '' end
  if STATUS[name] and type(value) == 'string' then return { ok = value } end
  return value
end

redis = {
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  log = function() end,
  replicate_commands = function() return true end,
  set_repl = function() end,
  pcall = invoke,
  call = function(...)
    local value = invoke(...)
    if type(value) == 'table' and value.err then error(value, 0) end
    return value
  end,
  error_reply = function(message)
    return { err = string.find(message, '^%u+ ') and message or 'ERR ' .. message }
  end,
  status_reply = function(message) return { ok = message } end,
}

local ESCAPES = { ['"'] = '\\\\"', ['\\\\'] = '\\\\\\\\' }
local function quote(value)
  return '"' .. string.gsub(value, '[%c"\\\\]', function(c)
    return ESCAPES[c] or string.format('\\\\u%04x', string.byte(c))
  end) .. '"'
end

local function carry(value)
  local kind = type(value)
  if kind == 'string' then return quote(value) end
  if kind == 'number' then
    -- Redis cuts fractions off.
    return string.format('%.0f', value < 0 and math.ceil(value) or math.floor(value))
  end
  if value == true then return '1' end
  if kind ~= 'table' then return 'null' end
  if value.err then return '{"error":' .. quote(value.err) .. '}' end
  if value.ok then return quote(value.ok) end
  local parts = {}
  for i = 1, #value do
    if value[i] == nil then break end
    parts[i] = carry(value[i])
  end
  return '[' .. table.concat(parts, ',') .. ']'
end

`;

/** Only for scripts that name it: the mock reads this text anew for every VM. */
const CJSON = `
cjson = { null = setmetatable({}, { __tostring = function() return 'null' end }) }
function cjson.encode(value)
  local kind = type(value)
  if value == nil or value == cjson.null then return 'null' end
  if kind == 'string' then return quote(value) end
  if kind == 'number' then
    return value == math.floor(value) and math.abs(value) < 1e14 and text(value) or string.format('%.14g', value)
  end
  if kind == 'boolean' then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for i = 1, #value do parts[i] = cjson.encode(value[i]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in pairs(value) do parts[#parts + 1] = quote(tostring(key)) .. ':' .. cjson.encode(item) end
  return '{' .. table.concat(parts, ',') .. '}'
end

local UNESCAPES = { b = '\\b', f = '\\f', n = '\\n', r = '\\r', t = '\\t' }
local function bad() error('Expected value but found invalid token', 0) end
local decode
local function space(s, at) return string.find(s, '[^ \\t\\r\\n]', at) or #s + 1 end
local function decodeString(s, at)
  local parts = {}
  while true do
    local stop = string.find(s, '["\\\\]', at) or bad()
    parts[#parts + 1] = string.sub(s, at, stop - 1)
    if string.sub(s, stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local escape = string.sub(s, stop + 1, stop + 1)
    at = stop + 2
    if escape == 'u' then
      local code = tonumber(string.sub(s, at, at + 3), 16) or bad()
      at = at + 4
      if code >= 0xD800 and code < 0xDC00 then
        local low = tonumber(string.match(s, '^\\\\u(%x%x%x%x)', at) or bad(), 16)
        code, at = 0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00, at + 6
      end
      parts[#parts + 1] = utf8.char(code)
    else
      parts[#parts + 1] = UNESCAPES[escape] or escape
    end
  end
end
local function decodeMany(s, at, close, one)
  at = space(s, at)
  if string.sub(s, at, at) == close then return at + 1 end
  while true do
    at = space(s, one(at))
    local mark = string.sub(s, at, at)
    at = space(s, at + 1)
    if mark == close then return at end
    if mark ~= ',' then bad() end
  end
end
function decode(s, at)
  at = space(s, at)
  local mark = string.sub(s, at, at)
  local result = {}
  if mark == '"' then return decodeString(s, at + 1) end
  if mark == '[' then
    return result, decodeMany(s, at + 1, ']', function(from)
      local item, after = decode(s, from)
      result[#result + 1] = item
      return after
    end)
  end
  if mark == '{' then
    return result, decodeMany(s, at + 1, '}', function(from)
      if string.sub(s, from, from) ~= '"' then bad() end
      local key, after = decodeString(s, from + 1)
      after = space(s, after)
      if string.sub(s, after, after) ~= ':' then bad() end
      result[key], after = decode(s, after + 1)
      return after
    end)
  end
  for word, value in pairs({ ['true'] = true, ['false'] = false, ['null'] = cjson.null }) do
    if string.sub(s, at, at + #word - 1) == word then return value, at + #word end
  end
  local number = string.match(s, '^-?%d+%.?%d*[eE]?[+-]?%d*', at) or bad()
  return tonumber(number) or bad(), at + #number
end
function cjson.decode(s)
  local value, after = decode(s, 1)
  if space(s, after) <= #s then bad() end
  return value
end
`;

/**
 * Runs many scripts in one VM, since making one costs milliseconds. KEYS are the distinct sources; ARGV is, for
 * each run: number of its source, number of keys, keys, number of arguments, arguments.
 */
const DRIVER = `
local sources, jobs, functions, results, at = KEYS, ARGV, {}, {}, 1
-- A script finds no names that Redis would not give it.
call = nil
local function take()
  local count, list = math.tointeger(tonumber(jobs[at])), {}
  for i = 1, count do list[i] = jobs[at + i] end
  at = at + count + 1
  return list
end
while jobs[at] do
  local index = math.tointeger(tonumber(jobs[at]))
  at = at + 1
  KEYS, ARGV = take(), take()
  local run, fault = functions[index]
  if not run then
    run, fault = load(sources[index], '=user_script')
    functions[index] = run
  end
  local done, result
  if run then done, result = pcall(run) else result = 'Error compiling script: ' .. fault end
  if not done and type(result) ~= 'table' then result = { err = 'ERR ' .. tostring(result) } end
  results[#results + 1] = carry(result)
end
return '[' .. table.concat(results, ',') .. ']'
`;

export interface ScriptRun {
  source: string;
  keys: string[];
  args: string[];
}

/** The arguments of one EVAL of the mock that does all these runs, one after the other, each atomic. */
export function evalOf(runs: readonly ScriptRun[]): string[] {
  const sources = [...new Set(runs.map(({ source }) => source))];
  const jobs = runs.flatMap(({ source, keys, args }) => [
    String(sources.indexOf(source) + 1),
    String(keys.length),
    ...keys,
    String(args.length),
    ...args,
  ]);
  const cjson = sources.some((source) => source.includes('cjson')) ? CJSON : '';
  return [`${PRELUDE}${cjson}${DRIVER}`, String(sources.length), ...sources, ...jobs];
}

type Carried = string | number | null | { error: string } | Carried[];

/** The outcome of each run: a reply, or the error it ended with. */
export function outcomesOf(text: string): (Reply | Error)[] {
  return (JSON.parse(text) as Carried[]).map((value) =>
    value !== null && typeof value === 'object' && 'error' in value
      ? new Error(value.error)
      : (value as Reply),
  );
}
