import type { KeyObject } from 'node:crypto';
import type { Names } from '../../runtime/config.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createKeyRing } from '../../runtime/key-ring.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import { createTtlCache } from '../../runtime/ttl-cache.ts';
import type { Secrets, SecretStage, SecretVersion } from '../../vendors/secrets/secrets.ts';
import { subjectOf } from '../../definition/account.ts';
import { deepEqual } from '../../text/json/value.ts';
import { CANDIDATE } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { ONE_ACCOUNT } from './credentials.ts';
import type {
  AccountList,
  CredentialStore,
  CredentialVersion,
  CredentialVersionInfo,
} from './credentials.ts';
import { createUseCounter } from './uses.ts';
import type { Use } from './uses.ts';
import { canonicalCredentials, fingerprint, parseCredentials, readStoredCredentials } from './values.ts';
import type { CredentialsDocument } from './values.ts';
import { listOf, versionsOf } from './versions.ts';
import type { AccountVersions } from './versions.ts';

/** How long a process may use a version that was replaced, ms (SPEC 3: versions overlap on rotation). */
const FRESH_MS = 60_000;

/** How long a service without credentials counts as one account before they are looked for again, ms. */
const NO_CREDENTIALS_MS = 5_000;
/** Secrets Manager away: names of accounts are no secret, and may be old, ms. */
const STALE_NAMES_MS = 24 * 3_600_000;

/** What Secrets Manager takes. */
const MAX_BYTES = 65_536;

const LABELS = { AWSCURRENT: 'CURRENT', AWSPREVIOUS: 'PREVIOUS' } as const;

export interface CredentialStoreOptions {
  secrets: Secrets;
  redis: Redis;
  names: Names;
  clock: Clock;
  /** Keys of fingerprints, see `deriveKeys`; the current one is used. Called when a fingerprint is first shown. */
  fingerprintKeys: () => Promise<Keys<{ key: KeyObject }>>;
}

export interface PutOptions {
  /** The version id the writer saw as current; if it no longer is, `REVISION_CONFLICT`. */
  expected?: string;
  /** Asked before other values than the current ones are stored; where it rejects, so does `put`, and nothing is stored. */
  tryOut?: (candidate: Candidate) => Promise<void>;
}

/** Adds writing, and what a function does once its answer is ready. */
export interface CountingCredentialStore extends CredentialStore {
  /**
   * The same values as the current ones make no new version. Anything but a flat object of strings and numbers, or
   * `accounts` with such, is `VALIDATION_FAILED`; when somebody else stores others in this time: `REVISION_CONFLICT`.
   */
  put(code: string, values: unknown, options?: PutOptions): Promise<CredentialVersionInfo>;
  /** Writes use counts: a no-op but every ten seconds, one round trip then. Never throws. */
  flush(): Promise<void>;
}

/** Credentials in Secrets Manager, one secret per service and stage; use counts in Redis. */
export function createCredentialStore(options: CredentialStoreOptions): CountingCredentialStore {
  const { secrets, redis, names, clock } = options;
  const secretId = names.secrets.credentials;
  const uses = createUseCounter(redis, clock);
  const fingerprintKeys = createKeyRing(options.fingerprintKeys, clock);
  const markKey = async () => (await fingerprintKeys.current()).key;
  const currents = createTtlCache<AccountVersions>(clock, { freshMs: FRESH_MS });
  /** An empty list is worth keeping: most services have no previous version. */
  const previous = createTtlCache<CredentialVersion[]>(clock, { freshMs: FRESH_MS });
  const lists = createTtlCache<AccountList>(clock, {
    freshMs: NO_CREDENTIALS_MS,
    staleMs: STALE_NAMES_MS,
    backoffMs: NO_CREDENTIALS_MS,
  });

  async function read(code: string, stage: SecretStage): Promise<AccountVersions | undefined> {
    const version = await secrets.getVersion(secretId(code), stage);
    if (!version) return undefined;
    const document = parseVersion(code, version, secretId(code));
    return versionsOf(code, version.versionId, document, markKey);
  }

  const loadCurrent = (code: string) => currents.get(code, () => read(code, 'AWSCURRENT'));

  async function current(code: string, account?: string): Promise<CredentialVersion> {
    const versions = await loadCurrent(code);
    const own = versions?.get(account);
    if (own) return own;
    if (!versions) throw notSet(`No credentials are set for ${code}`, secretId(code));
    throw account === undefined
      ? notSet(`The credentials of ${code} are those of several accounts`, secretId(code))
      : notSet(`No credentials are set for ${subjectOf(code, account)}`, secretId(code));
  }

  async function fingerprintsOf(
    code: string,
  ): Promise<(document: CredentialsDocument | undefined) => string> {
    const key = await markKey();
    return (document) => (document ? fingerprint(key, code, document) : 'unreadable');
  }

  async function everyAccount(code: string): Promise<CredentialVersion[]> {
    const versions = await loadCurrent(code);
    return versions ? [...versions.values()] : [await current(code)];
  }

  function forget(code: string): void {
    currents.forget(code);
    previous.forget(code);
    lists.forget(code);
  }

  async function put(
    code: string,
    input: unknown,
    { expected, tryOut }: PutOptions = {},
  ): Promise<CredentialVersionInfo> {
    const values = parseCredentials(input);
    // Before anything is written: a version whose fingerprint cannot be shown is not made.
    const print = await fingerprintsOf(code);
    const before = await secrets.getVersion(secretId(code), 'AWSCURRENT');
    if (expected !== undefined && before?.versionId !== expected) throw conflict(code);
    const known = before && readStoredCredentials(before.text);
    const text = canonicalCredentials(values);
    if (Buffer.byteLength(text) > MAX_BYTES) throw invalid('credentials', 'are over 64 KB');
    if (before && known && canonicalCredentials(known) === text) {
      return info(before.versionId, 'AWSCURRENT', before.createdAt, print(known), undefined);
    }
    if (before && tryOut) {
      const versions = await versionsOf(code, CANDIDATE, values, markKey);
      await tryOut({ code, versions, changed: changedAccounts(known, values) });
    }
    // What somebody else has stored meanwhile must not be pushed out.
    const from = expected ?? before?.versionId;
    const { versionId } =
      from === undefined
        ? await secrets.put(secretId(code), text)
        : await secrets.replace(secretId(code), text, from);
    forget(code);
    return info(versionId, 'AWSCURRENT', new Date(clock.now()).toISOString(), print(values), undefined);
  }

  async function describe(code: string): Promise<CredentialVersionInfo[]> {
    await uses.flush(true);
    const stages = ['AWSCURRENT', 'AWSPREVIOUS'] as const;
    const [print, ...versions] = await Promise.all([
      fingerprintsOf(code),
      ...stages.map((stage) => secrets.getVersion(secretId(code), stage)),
    ]);
    const ids = versions.map((version) => version?.versionId ?? '');
    // Counts are a gauge: without Redis the versions themselves can still be shown.
    const counts = await uses.read(code, ids).catch((): Use[] => []);
    return stages.flatMap((stage, index) => {
      const version = versions[index];
      if (!version) return [];
      const shown = print(readStoredCredentials(version.text));
      return [info(version.versionId, stage, version.createdAt, shown, counts[index])];
    });
  }

  return {
    current,
    accounts: async (code) =>
      (await lists.get(code, async () => listOf((await loadCurrent(code)) ?? new Map()))) ?? ONE_ACCOUNT,
    valid: async (code) => {
      const [now, before] = await Promise.all([
        everyAccount(code),
        previous.get(code, async () => [...((await read(code, 'AWSPREVIOUS'))?.values() ?? [])]),
      ]);
      const versionId = now[0]?.versionId;
      return [...now, ...(before ?? []).filter((one) => one.versionId !== versionId)];
    },
    put,
    describe,
    retirePrevious: async (code) => {
      await secrets.removeStage(secretId(code), 'AWSPREVIOUS');
      forget(code);
    },
    delete: async (code) => {
      await secrets.delete(secretId(code));
      forget(code);
      await uses.forget(code).catch(() => undefined);
    },
    used: (code, versionId) => uses.count(code, versionId),
    forget,
    flush: () => uses.flush(),
  };
}

/** Accounts whose values are not those that are current. */
function changedAccounts(known: CredentialsDocument | undefined, next: CredentialsDocument) {
  return [...next].flatMap(([name, values]) => (deepEqual(known?.get(name), values) ? [] : [name]));
}

function notSet(why: string, secret: string): GatewayError {
  return new GatewayError('CONFIGURATION_ERROR', `${why} (secret ${secret}).`, {
    fields: [{ field: 'credentials', message: 'are not set' }],
  });
}

function parseVersion(code: string, { text, versionId }: SecretVersion, secret: string) {
  const values = readStoredCredentials(text);
  if (values) return values;
  throw new GatewayError(
    'CONFIGURATION_ERROR',
    `The credentials of ${code} are no flat JSON object of strings, nor accounts with such (secret ${secret}, version ${versionId}).`,
  );
}

function info(
  versionId: string,
  stage: SecretStage,
  createdAt: string,
  shownFingerprint: string,
  use: Use | undefined,
): CredentialVersionInfo {
  return {
    versionId,
    stage: LABELS[stage],
    createdAt,
    fingerprint: shownFingerprint,
    lastUsedAt: use?.lastAt === undefined ? undefined : new Date(use.lastAt).toISOString(),
    useCount: use?.count ?? 0,
  };
}

function conflict(code: string): GatewayError {
  return new GatewayError(
    'REVISION_CONFLICT',
    `The credentials of ${code} have been rotated since they were read.`,
  );
}
