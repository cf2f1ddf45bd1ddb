import type { ErrorCode } from '../../runtime/errors.ts';
import { parseRefusals } from '../../access/credentials/refusals.ts';
import type { Lockout, Refusals } from '../../access/credentials/refusals.ts';
import type { Redis, Script } from '../../vendors/redis/redis.ts';
import { formatGeneration, parseGeneration } from './generation.ts';
import type { Generation } from './generation.ts';
import { parseDocument, parseRefreshState } from './document.ts';
import type { RefreshState } from './document.ts';
import { beginAnswer, beginArguments, beginKeys } from './begin.ts';
import type { BeginAnswer, BeginRequest, StorableDocument, StoredSession } from './begin.ts';
import type { SessionKeys } from './keys.ts';
import type { LOGIN_UNCLEAR } from './lockout.ts';
import * as scripts from './scripts.ts';
import type { Vault } from '../../vendors/secrets/vault.ts';

/** How much of a failed login's message is passed on. */
const MESSAGE_CHARACTERS = 300;

/** Sessions of browsers in Redis. */
export const createStore = (redis: Redis, vault: Vault) => createStoreOf(redis, vault, parseDocument);

/**
 * Sessions of any kind in Redis, encrypted by the vault. Rejects with `STORE_UNAVAILABLE`.
 * @param parse a document; `undefined`: it is none, and counts as absent.
 */
export function createStoreOf<D extends StorableDocument>(
  redis: Redis,
  vault: Vault,
  parse: (text: string) => D | undefined,
) {
  async function read(keys: SessionKeys, sealed: string | null): Promise<D | undefined> {
    if (sealed === null) return undefined;
    const text = await vault.unseal(keys.prefix, sealed);
    return text === undefined ? undefined : parse(text);
  }

  const run = (one: Script, keys: string[], args: (string | number)[]) =>
    redis.run<string[]>(one, keys, args);
  const seal = (keys: SessionKeys, document: D) => vault.seal(keys.prefix, JSON.stringify(document));

  return {
    open: () => vault.open(),
    generation: (keys: SessionKeys) => redis.get(keys.generation),

    /** Looks for a live session; failing that, takes the lock. One round trip. */
    async begin(keys: SessionKeys, r: BeginRequest): Promise<BeginAnswer<D>> {
      const answer = await run(scripts.BEGIN, beginKeys(keys, r), beginArguments(r));
      return beginAnswer(answer, (sealed) => read(keys, sealed));
    },

    /** A login for this operation was in vain: its fresh session was refused too. */
    async rememberVain(keys: SessionKeys, operation: string, now: number): Promise<void> {
      await redis.run(scripts.REMEMBER_VAIN, [keys.vain(operation)], [Math.floor(now)]);
    },

    /** `false`: the stored session is at least as new; this one came too late. */
    async store(
      keys: SessionKeys,
      s: { owner: string; login: number; document: D; tookMs: number; now: number },
    ): Promise<boolean> {
      const { document, now } = s;
      const life = Math.max(1, Math.ceil(Date.parse(document.expires_at) - now));
      const stored = await redis.run<number>(
        scripts.STORE,
        [
          keys.main,
          keys.backup,
          keys.generation,
          keys.lock,
          keys.failure,
          keys.lockout,
          keys.usual,
          keys.loginCount,
          keys.lastUpdate,
          keys.counter,
          keys.lastLogins,
        ],
        [
          s.owner,
          s.login,
          await seal(keys, document),
          life,
          Math.ceil(s.tookMs),
          new Date(now).toISOString(),
        ],
      );
      return stored === 1;
    },

    /** Stores a session from a person. Answers its login, or the one that is free when that is taken. */
    async takeOver(keys: SessionKeys, t: { login: number; document: D; now: number }): Promise<number> {
      const { login, document, now } = t;
      const life = Math.max(1, Math.ceil(Date.parse(document.expires_at) - now));
      const answer = await redis.run<string>(
        scripts.TAKE_OVER,
        [
          keys.main,
          keys.backup,
          keys.generation,
          keys.counter,
          keys.rejected,
          keys.lastUpdate,
          keys.background,
          keys.needsPerson,
        ],
        [login, await seal(keys, document), life, new Date(now).toISOString()],
      );
      return Number(answer);
    },

    /** Records a failed login and frees the lock. */
    async fail(
      keys: SessionKeys,
      f: {
        owner: string;
        login: number;
        code: ErrorCode | typeof LOGIN_UNCLEAR;
        /** Counts toward the lockout. */
        refused: boolean;
        /** Passed on to those who waited; nothing secret. */
        message: string;
        now: number;
        credentialVersion: string;
        tag: string;
        lockout: Lockout;
      },
    ): Promise<Refusals> {
      const [refusals, lockedUntil] = await run(
        scripts.FAIL,
        [keys.lock, keys.failure, keys.lockout, keys.errorCount, keys.generation],
        [
          f.owner,
          f.login,
          f.code,
          f.tag,
          f.message.slice(0, MESSAGE_CHARACTERS),
          f.refused ? 1 : 0,
          ...lockoutArguments(f),
        ],
      );
      return { refusals: Number(refusals), lockedUntil: Number(lockedUntil) };
    },

    /** Claims the one dry run a service may have at a time, unless its logins are locked out. */
    async beginDryRun(
      keys: SessionKeys,
      d: { owner: string; leaseMs: number; credentialVersion: string; now: number },
    ): Promise<{ kind: 'locked' | 'busy'; forMs: number } | { kind: 'go' }> {
      const [kind, forMs] = await run(
        scripts.BEGIN_DRY_RUN,
        [keys.dryRun, keys.lockout],
        [d.owner, Math.ceil(d.leaseMs), d.credentialVersion, Math.floor(d.now)],
      );
      return kind === 'locked' || kind === 'busy' ? { kind, forMs: Number(forMs) } : { kind: 'go' };
    },

    /** Ends it; counts credentials that were refused. */
    async endDryRun(
      keys: SessionKeys,
      d: {
        owner: string;
        verdict: 'refused' | 'in' | 'other';
        now: number;
        credentialVersion: string;
        lockout: Lockout;
      },
    ): Promise<Refusals> {
      const [refusals, lockedUntil] = await run(
        scripts.END_DRY_RUN,
        [keys.dryRun, keys.lockout],
        [d.owner, d.verdict, ...lockoutArguments(d)],
      );
      return { refusals: Number(refusals), lockedUntil: Number(lockedUntil) };
    },

    /**
     * Frees the lock, when it is still ours, after a login that ran out of time: what it took counts for the next
     * one's estimate, and toward the lockout when its form was sent.
     */
    async release(
      keys: SessionKeys,
      r: {
        owner: string;
        tookMs: number;
        refused: boolean;
        now: number;
        credentialVersion: string;
        lockout: Lockout;
      },
    ): Promise<Refusals> {
      const [refusals, lockedUntil] = await run(
        scripts.RELEASE,
        [keys.lock, keys.usual, keys.lastLogins, keys.lockout],
        [r.owner, Math.ceil(r.tookMs), r.refused ? 1 : 0, ...lockoutArguments(r)],
      );
      return { refusals: Number(refusals), lockedUntil: Number(lockedUntil) };
    },

    /**
     * Writes a document over the one of generation `from`; `to` above it when its cookies changed.
     * `false`: another writer was first, or the session is gone.
     */
    async update(keys: SessionKeys, from: Generation, to: Generation, document: D): Promise<boolean> {
      const next = formatGeneration(to);
      const sealed = await seal(keys, { ...document, generation: next });
      const updated = await redis.run<number>(
        scripts.UPDATE,
        [keys.main, keys.generation],
        [formatGeneration(from), next, sealed],
      );
      return updated === 1;
    },

    /** What is stored now, whole and of a live generation. */
    async current(keys: SessionKeys): Promise<StoredSession<D> | undefined> {
      const [text, sealed] = await redis.mget([keys.generation, keys.main]);
      const generation = parseGeneration(text);
      const document = generation && (await read(keys, sealed ?? null));
      if (!document || parseGeneration(document.generation)?.login !== generation.login) return undefined;
      return { generation, document };
    },

    async backup(keys: SessionKeys): Promise<StoredSession<D> | undefined> {
      const document = await read(keys, await redis.get(keys.backup));
      const generation = parseGeneration(document?.generation);
      return document && generation ? { document, generation } : undefined;
    },

    async invalidate(keys: SessionKeys): Promise<string> {
      await redis.del(keys.refresh);
      return redis.run<string>(
        scripts.INVALIDATE,
        [keys.main, keys.backup, keys.generation, keys.counter, keys.failure, keys.background],
        [],
      );
    },

    /** What may renew the session when it has ended. @param forMs how long it may. */
    async keepRefresh(keys: SessionKeys, state: RefreshState, forMs: number): Promise<void> {
      const sealed = await vault.seal(`${keys.prefix}refresh`, JSON.stringify(state));
      await redis.set(keys.refresh, sealed, { px: forMs });
    },

    /** `undefined`: there is none that can be read. */
    async refreshState(keys: SessionKeys): Promise<RefreshState | undefined> {
      const sealed = await redis.get(keys.refresh);
      const text = sealed === null ? undefined : await vault.unseal(`${keys.prefix}refresh`, sealed);
      return text === undefined ? undefined : parseRefreshState(text);
    },

    async dropRefresh(keys: SessionKeys): Promise<void> {
      await redis.del(keys.refresh);
    },

    /** Claims the keepalive that is due, for one interval. */
    async claimKeepalive(
      keys: SessionKeys,
      k: { owner: string; now: number; intervalMs: number; toleranceMs: number },
    ): Promise<{ due: boolean; failures: number }> {
      const [kind, failures] = await run(
        scripts.CLAIM_KEEPALIVE,
        [keys.keepalive, keys.generation, keys.keepaliveOwner],
        [Math.floor(k.now), k.intervalMs, k.toleranceMs, k.owner],
      );
      return { due: kind === 'due', failures: Number(failures) };
    },

    async settleKeepalive(keys: SessionKeys, nextAt: number, failures: number): Promise<void> {
      await redis.set(keys.keepalive, `${Math.floor(nextAt)}|${failures}`);
    },

    /** Everything there is, in one read. */
    async inspect(keys: SessionKeys) {
      const [
        main,
        backup,
        generation,
        rejected,
        lock,
        lockout,
        usual,
        logins,
        errors,
        updated,
        keepalive,
        failure,
      ] = await redis.mget([
        keys.main,
        keys.backup,
        keys.generation,
        keys.rejected,
        keys.lock,
        keys.lockout,
        keys.usual,
        keys.loginCount,
        keys.errorCount,
        keys.lastUpdate,
        keys.keepalive,
        keys.failure,
      ]);
      return {
        main: await read(keys, main ?? null),
        backup: await read(keys, backup ?? null),
        generation: generation ?? null,
        /** The highest login a platform is known to have refused; 0: none. */
        rejected: Number(rejected) || 0,
        loggingIn: typeof lock === 'string',
        lockout: parseRefusals(lockout),
        usualMs: Number(usual) || 0,
        logins: Number(logins) || 0,
        errors: Number(errors) || 0,
        lastUpdate: updated ?? null,
        keepalive: /^(\d+)\|(\d+)$/.exec(keepalive ?? ''),
        failure: /^\d+\|([A-Z_]+)\|(\d+)\|(\d+)\|/.exec(failure ?? ''),
      };
    },

    async unlock(keys: SessionKeys): Promise<void> {
      await redis.del(keys.lockout, keys.failure);
    },

    /** The background login that was asked for could not be started: the next caller may ask again. */
    async forgetBackground(keys: SessionKeys): Promise<void> {
      await redis.del(keys.background);
    },
  };
}

export type Store = ReturnType<typeof createStore>;

/** Now, version, failures, milliseconds: what every script that counts a refusal is told. */
function lockoutArguments(of: { now: number; credentialVersion: string; lockout: Lockout }) {
  const { failures, seconds } = of.lockout;
  return [Math.floor(of.now), of.credentialVersion, failures, Math.ceil(seconds * 1_000)];
}
