import type { Names } from '../../runtime/config.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createTtlCache } from '../../runtime/ttl-cache.ts';
import type { Secrets, SecretStage, SecretVersion } from '../../vendors/secrets/secrets.ts';
import type { CredentialStore, CredentialVersion, CredentialVersionInfo } from './credentials.ts';
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

  function forget(code: string): void {
    currents.forget(code);
    previous.forget(code);
  }

  async function put(code: string, input: unknown, expected?: string): Promise<CredentialVersionInfo> {
    const values = parseCredentials(input);
    const before = await secrets.getVersion(secretId(code), 'AWSCURRENT');
    if (expected !== undefined && before?.versionId !== expected) throw conflict(code);
    const known = before && readStoredCredentials(before.text);
    const text = canonicalCredentials(values);
    if (before && known && canonicalCredentials(known) === text) {
      return info(before.versionId, 'AWSCURRENT', before.createdAt, text, undefined);
    }
    const { versionId } =
      expected === undefined
        ? await secrets.put(secretId(code), text)
        : await secrets.replace(secretId(code), text, expected);
    forget(code);
    return info(versionId, 'AWSCURRENT', new Date(clock.now()).toISOString(), text, undefined);
  }

  async function describe(code: string): Promise<CredentialVersionInfo[]> {
    await uses.flush(true);
    const stages = ['AWSCURRENT', 'AWSPREVIOUS'] as const;
    const versions = await Promise.all(stages.map((stage) => secrets.getVersion(secretId(code), stage)));
    const ids = versions.map((version) => version?.versionId ?? '');
    // Counts are a gauge: without Redis the versions themselves can still be shown.
    const counts = await uses.read(code, ids).catch((): Use[] => []);
    return stages.flatMap((stage, index) => {
      const version = versions[index];
      return version ? [info(version.versionId, stage, version.createdAt, version.text, counts[index])] : [];
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
  text: string,
  use: Use | undefined,
): CredentialVersionInfo {
  const values = readStoredCredentials(text);
  return {
    versionId,
    stage: LABELS[stage],
    createdAt,
    fingerprint: values ? fingerprint(values) : 'unreadable',
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
