import type { KeyObject } from 'node:crypto';
import type { Names } from '../../runtime/config.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createKeyRing } from '../../runtime/key-ring.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import { createTtlCache } from '../../runtime/ttl-cache.ts';
import type { Secrets, SecretStage, SecretVersion } from '../../vendors/secrets/secrets.ts';
import type {
  Credentials,
  CredentialStore,
  CredentialVersion,
  CredentialVersionInfo,
} from './credentials.ts';
import { createUseCounter } from './uses.ts';
import type { Use } from './uses.ts';
import { canonicalCredentials, fingerprint, parseCredentials, readStoredCredentials } from './values.ts';

/** How long a process may use a version that was replaced, ms (SPEC 3: versions overlap on rotation). */
const FRESH_MS = 60_000;

const LABELS = { AWSCURRENT: 'CURRENT', AWSPREVIOUS: 'PREVIOUS' } as const;

export interface CredentialStoreOptions {
  secrets: Secrets;
  redis: Redis;
  names: Names;
  clock: Clock;
  /** Keys of fingerprints, see `deriveKeys`; the current one is used. Called when a fingerprint is first shown. */
  fingerprintKeys: () => Promise<Keys<{ key: KeyObject }>>;
}

/** Adds writing, and what a function does once its answer is ready. */
export interface CountingCredentialStore extends CredentialStore {
  /**
   * `expected`: the version id the writer saw as current; if it no longer is, `REVISION_CONFLICT`. The same
   * values as the current ones make no new version. Anything but a flat object of strings and numbers is
   * `VALIDATION_FAILED`.
   */
  put(code: string, values: unknown, expected?: string): Promise<CredentialVersionInfo>;
  /** Writes use counts: a no-op but every ten seconds, one round trip then. Never throws. */
  flush(): Promise<void>;
}

/** Credentials in Secrets Manager, one secret per service and stage; use counts in Redis. */
export function createCredentialStore(options: CredentialStoreOptions): CountingCredentialStore {
  const { secrets, redis, names, clock } = options;
  const secretId = names.secrets.credentials;
  const uses = createUseCounter(redis, clock);
  const fingerprintKeys = createKeyRing(options.fingerprintKeys, clock);
  const currents = createTtlCache<CredentialVersion>(clock, { freshMs: FRESH_MS });
  /** An empty list is worth keeping: most services have no previous version. */
  const previous = createTtlCache<CredentialVersion[]>(clock, { freshMs: FRESH_MS });

  async function read(code: string, stage: SecretStage): Promise<CredentialVersion | undefined> {
    const version = await secrets.getVersion(secretId(code), stage);
    return version && { versionId: version.versionId, values: parseVersion(code, version, secretId(code)) };
  }

  async function current(code: string): Promise<CredentialVersion> {
    const version = await currents.get(code, () => read(code, 'AWSCURRENT'));
    if (version) return version;
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `No credentials are set for ${code} (secret ${secretId(code)}).`,
      { fields: [{ field: 'credentials', message: 'are not set' }] },
    );
  }

  async function fingerprintsOf(code: string): Promise<(values: Credentials | undefined) => string> {
    const { key } = await fingerprintKeys.current();
    return (values) => (values ? fingerprint(key, code, values) : 'unreadable');
  }

  function forget(code: string): void {
    currents.forget(code);
    previous.forget(code);
  }

  async function put(code: string, input: unknown, expected?: string): Promise<CredentialVersionInfo> {
    const values = parseCredentials(input);
    // Before anything is written: a version whose fingerprint cannot be shown is not made.
    const print = await fingerprintsOf(code);
    const before = await secrets.getVersion(secretId(code), 'AWSCURRENT');
    if (expected !== undefined && before?.versionId !== expected) throw conflict(code);
    const known = before && readStoredCredentials(before.text);
    const text = canonicalCredentials(values);
    if (before && known && canonicalCredentials(known) === text) {
      return info(before.versionId, 'AWSCURRENT', before.createdAt, print(known), undefined);
    }
    const { versionId } =
      expected === undefined
        ? await secrets.put(secretId(code), text)
        : await secrets.replace(secretId(code), text, expected);
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
    valid: async (code) => {
      const [now, before] = await Promise.all([
        current(code),
        previous.get(code, async () =>
          [await read(code, 'AWSPREVIOUS')].filter((each) => each !== undefined),
        ),
      ]);
      return [now, ...(before ?? []).filter(({ versionId }) => versionId !== now.versionId)];
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

function parseVersion(code: string, { text, versionId }: SecretVersion, secret: string) {
  const values = readStoredCredentials(text);
  if (values) return values;
  throw new GatewayError(
    'CONFIGURATION_ERROR',
    `The credentials of ${code} are not a flat JSON object of strings (secret ${secret}, version ${versionId}).`,
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
