/** Redis' scripts, run by a Lua in JavaScript: at once, without threads or timers. */
import { createRequire } from 'node:module';
import type { Keyspace, Reply } from './commands.ts';

/** fengari carries no types of its own. Texts are bytes there. */
type State = object;
interface Fengari {
  lua: Record<string, (L: State, ...args: never[]) => never> & Record<string, number>;
  lauxlib: Record<string, (...args: unknown[]) => unknown>;
  lualib: { luaL_openlibs(L: State): void };
  to_luastring: (this: void, text: string) => Uint8Array;
}

const { lua, lauxlib, lualib, to_luastring: bytes } = createRequire(import.meta.url)('fengari') as Fengari;
const api = lua as unknown as Record<string, (...args: unknown[]) => unknown>;
const { LUA_TNIL, LUA_TBOOLEAN, LUA_TNUMBER, LUA_TSTRING, LUA_TTABLE } = lua as Record<string, number>;

/** Redis has Lua 5.1, this is 5.3. */
const PRELUDE = `unpack = table.unpack`;

/** Runs scripts on one keyspace after another: scripts keep nothing of their own. */
export class Scripts {
  readonly #state: State;
  /** By source: where the compiled function is kept. */
  readonly #compiled = new Map<string, unknown>();
  #keyspace: Keyspace | undefined;

  constructor() {
    const L = lauxlib['luaL_newstate']!() as State;
    this.#state = L;
    lualib.luaL_openlibs(L);
    this.#do(PRELUDE);
    api['lua_newtable']!(L);
    this.#provide('call', false);
    this.#provide('pcall', true);
    api['lua_setglobal']!(L, bytes('redis'));
  }

  /** @throws Error with the script's own message. */
  run(source: string, keyspace: Keyspace, keys: readonly string[], args: readonly string[]): Reply {
    const L = this.#state;
    this.#keyspace = keyspace;
    this.#list('KEYS', keys);
    this.#list('ARGV', args);
    api['lua_rawgeti']!(L, lua['LUA_REGISTRYINDEX'], this.#compile(source));
    if (api['lua_pcall']!(L, 0, 1, 0) !== 0) {
      const message = this.#message();
      throw new Error(message);
    }
    const reply = this.#take(-1);
    api['lua_settop']!(L, 0);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  #compile(source: string): unknown {
    const known = this.#compiled.get(source);
    if (known !== undefined) return known;
    if (lauxlib['luaL_loadstring']!(this.#state, bytes(source)) !== 0) throw new Error(this.#message());
    const place = lauxlib['luaL_ref']!(this.#state, lua['LUA_REGISTRYINDEX']);
    this.#compiled.set(source, place);
    return place;
  }

  #do(source: string): void {
    const L = this.#state;
    if (lauxlib['luaL_loadstring']!(L, bytes(source)) !== 0 || api['lua_pcall']!(L, 0, 0, 0) !== 0)
      throw new Error(this.#message());
  }

  #message(): string {
    const L = this.#state;
    const reply = this.#take(-1);
    api['lua_settop']!(L, 0);
    return reply instanceof Error ? reply.message : JSON.stringify(reply);
  }

  /** `redis.call` raises what `redis.pcall` answers. */
  #provide(name: string, isProtected: boolean): void {
    const L = this.#state;
    api['lua_pushcfunction']!(L, (l: State) => {
      const count = api['lua_gettop']!(l) as number;
      const command = Array.from({ length: count }, (_, at) => this.#text(l, at + 1));
      let reply: Reply;
      try {
        reply = this.#keyspace!.run(command);
      } catch (error) {
        const { message } = error as Error;
        if (isProtected) {
          this.#fields(l, 'err', message);
          return 1;
        }
        api['lua_pushstring']!(l, bytes(message));
        return api['lua_error']!(l);
      }
      this.#push(l, reply);
      return 1;
    });
    api['lua_setfield']!(L, -2, bytes(name));
  }

  #list(name: string, texts: readonly string[]): void {
    this.#push(this.#state, [...texts]);
    api['lua_setglobal']!(this.#state, bytes(name));
  }

  #fields(L: State, field: string, text: string): void {
    api['lua_newtable']!(L);
    api['lua_pushstring']!(L, bytes(text));
    api['lua_setfield']!(L, -2, bytes(field));
  }

  #push(L: State, reply: Reply): void {
    if (reply === null) api['lua_pushboolean']!(L, false);
    else if (typeof reply === 'number') api['lua_pushinteger']!(L, reply);
    else if (typeof reply === 'string') api['lua_pushstring']!(L, bytes(reply));
    else if (!Array.isArray(reply)) this.#fields(L, 'ok', reply.ok);
    else {
      api['lua_newtable']!(L);
      for (const [at, one] of reply.entries()) {
        this.#push(L, one);
        api['lua_rawseti']!(L, -2, at + 1);
      }
    }
  }

  /** An argument of a command: Redis writes whole numbers without a point. */
  #text(L: State, at: number): string {
    if (api['lua_type']!(L, at) !== LUA_TNUMBER) return api['lua_tojsstring']!(L, at) as string;
    const number = api['lua_tonumber']!(L, at) as number;
    return Number.isInteger(number) ? number.toFixed(0) : String(number);
  }

  /** What a script returns: numbers lose their fractions, lists end at the first nil. */
  #take(at: number): Reply | Error {
    const L = this.#state;
    switch (api['lua_type']!(L, at)) {
      case LUA_TSTRING:
        return api['lua_tojsstring']!(L, at) as string;
      case LUA_TNUMBER:
        return Math.trunc(api['lua_tonumber']!(L, at) as number);
      case LUA_TBOOLEAN:
        return api['lua_toboolean']!(L, at) ? 1 : null;
      case LUA_TNIL:
        return null;
      case LUA_TTABLE:
        return this.#table(api['lua_absindex']!(L, at) as number);
      default:
        throw new Error('A script returned what Redis cannot answer.');
    }
  }

  #table(at: number): Reply | Error {
    const L = this.#state;
    for (const field of ['err', 'ok']) {
      const kind = api['lua_getfield']!(L, at, bytes(field));
      const text = kind === LUA_TSTRING ? (api['lua_tojsstring']!(L, -1) as string) : undefined;
      api['lua_pop']!(L, 1);
      if (text !== undefined) return field === 'err' ? new Error(text) : { ok: text };
    }
    const list: Reply[] = [];
    for (let n = 1; api['lua_rawgeti']!(L, at, n) !== LUA_TNIL; n++) {
      list.push(this.#take(-1) as Reply);
      api['lua_pop']!(L, 1);
    }
    api['lua_pop']!(L, 1);
    return list;
  }
}
