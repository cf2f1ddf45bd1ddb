import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { SecretsRefusal } from './secrets-store.ts';
import type { Secret, SecretsStore, SecretVersion } from './secrets-store.ts';

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

const Id = z.object({ SecretId: z.string().min(1).max(2_048) });
const Value = z.object({
  SecretString: z.string().max(65_536),
  ClientRequestToken: z.string().min(32).max(64).optional(),
});
const Create = Value.extend({ Name: z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/) });
const Put = Id.extend(Value.shape).extend({ VersionStages: z.array(z.string()).min(1).optional() });
const Get = Id.extend({ VersionId: z.string().optional(), VersionStage: z.string().optional() });
const Move = Id.extend({
  VersionStage: z.string(),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
});
const Delete = Id.extend({
  ForceDeleteWithoutRecovery: z.boolean().optional(),
  RecoveryWindowInDays: z.number().optional(),
});

type Action = (store: SecretsStore, input: unknown, region: string) => object;

/** The actions this product uses, by the name in `X-Amz-Target`. */
export const ACTIONS: Record<string, Action> = {
  CreateSecret(store, input, region) {
    const { Name: name, ...value } = read(Create, input);
    if (store.has(name)) {
      const { deletedAt } = store.find(name, { deleted: true });
      throw deletedAt === undefined
        ? new SecretsRefusal(
            'ResourceExistsException',
            `The operation failed because the secret ${name} already exists.`,
          )
        : new SecretsRefusal(
            'InvalidRequestException',
            "You can't create this secret because one with this name is scheduled for deletion.",
          );
    }
    const createdAt = seconds();
    const secret: Secret = {
      name,
      arn: `arn:aws:secretsmanager:${region}:000000000000:secret:${name}-${randomBytes(3).toString('hex')}`,
      createdAt,
      changedAt: createdAt,
      versions: [],
    };
    const version = addVersion(secret, value, [CURRENT]);
    store.add(secret);
    return { ...identity(secret), VersionId: version.id };
  },

  GetSecretValue(store, input) {
    const { SecretId, VersionId, VersionStage } = read(Get, input);
    const secret = store.find(SecretId);
    const stage = VersionStage ?? (VersionId === undefined ? CURRENT : undefined);
    const version = secret.versions.find(
      ({ id, stages }) => (VersionId ?? id) === id && (stage === undefined || stages.includes(stage)),
    );
    if (!version) {
      throw new SecretsRefusal(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${VersionId ? `VersionId: ${VersionId}` : `staging label: ${stage}`}`,
      );
    }
    return {
      ...identity(secret),
      VersionId: version.id,
      VersionStages: version.stages,
      CreatedDate: version.createdAt,
      SecretString: version.text,
    };
  },

  PutSecretValue(store, input) {
    const { SecretId, VersionStages = [CURRENT], ...value } = read(Put, input);
    const secret = store.find(SecretId);
    const version = addVersion(secret, value, VersionStages);
    store.save();
    return { ...identity(secret), VersionId: version.id, VersionStages: version.stages };
  },

  UpdateSecretVersionStage(store, input) {
    const { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId } = read(Move, input);
    const secret = store.find(SecretId);
    const holder = secret.versions.find(({ stages }) => stages.includes(VersionStage));
    if (holder && holder.id !== MoveToVersionId && holder.id !== RemoveFromVersionId) {
      throw new SecretsRefusal(
        'InvalidParameterException',
        `The label ${VersionStage} is on another version: name it in RemoveFromVersionId.`,
      );
    }
    if (MoveToVersionId === undefined) {
      if (VersionStage === CURRENT)
        throw new SecretsRefusal(
          'InvalidParameterException',
          `You can't remove ${CURRENT} without moving it.`,
        );
      if (holder) holder.stages = holder.stages.filter((stage) => stage !== VersionStage);
    } else {
      label(secret, findVersion(secret, MoveToVersionId), [VersionStage]);
    }
    store.save();
    return identity(secret);
  },

  DescribeSecret(store, input) {
    const secret = store.find(read(Id, input).SecretId, { deleted: true });
    return {
      ...identity(secret),
      CreatedDate: secret.createdAt,
      LastChangedDate: secret.changedAt,
      DeletedDate: secret.deletedAt,
      VersionIdsToStages: stagesById(secret),
    };
  },

  DeleteSecret(store, input) {
    const {
      SecretId,
      ForceDeleteWithoutRecovery: force,
      RecoveryWindowInDays: days = 30,
    } = read(Delete, input);
    const secret = store.find(SecretId, { deleted: true });
    if (force) {
      store.remove(secret);
      return { ...identity(secret), DeletionDate: seconds() };
    }
    secret.deletedAt = seconds() + days * 86_400;
    store.save();
    return { ...identity(secret), DeletionDate: secret.deletedAt };
  },

  RestoreSecret(store, input) {
    const secret = store.find(read(Id, input).SecretId, { deleted: true });
    delete secret.deletedAt;
    store.save();
    return identity(secret);
  },
};

const identity = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });
const seconds = () => Date.now() / 1_000;

/** A repeated request with the same token and value is the same version; with another value it is refused. */
function addVersion(
  secret: Secret,
  { ClientRequestToken, SecretString }: z.infer<typeof Value>,
  stages: string[],
) {
  const existing = secret.versions.find(({ id }) => id === ClientRequestToken);
  if (existing) {
    if (existing.text === SecretString) return existing;
    throw new SecretsRefusal(
      'ResourceExistsException',
      'This ClientRequestToken was used for another value.',
    );
  }
  const version: SecretVersion = {
    id: ClientRequestToken ?? randomUUID(),
    createdAt: seconds(),
    stages: [],
    text: SecretString,
  };
  secret.versions.push(version);
  // The very first version is the current one, whatever it is asked to be.
  const first = !secret.versions.some((other) => other.stages.includes(CURRENT));
  label(secret, version, first ? [...new Set([...stages, CURRENT])] : stages);
  secret.changedAt = version.createdAt;
  return version;
}

/** A label is on one version at a time; the version that loses `AWSCURRENT` becomes `AWSPREVIOUS`. */
function label(secret: Secret, version: SecretVersion, stages: string[]): void {
  for (const stage of stages) {
    const holder = secret.versions.find((other) => other.stages.includes(stage));
    if (holder === version) continue;
    if (holder) holder.stages = holder.stages.filter((other) => other !== stage);
    version.stages.push(stage);
    if (stage === CURRENT) {
      version.stages = version.stages.filter((other) => other !== PREVIOUS);
      if (holder) label(secret, holder, [PREVIOUS]);
    }
  }
  // Versions without a label are deprecated; AWS keeps about a hundred.
  const deprecated = secret.versions.filter((other) => other.stages.length === 0);
  const surplus = new Set(deprecated.slice(0, Math.max(0, deprecated.length - 100)));
  secret.versions = secret.versions.filter((other) => !surplus.has(other));
}

function findVersion(secret: Secret, id: string): SecretVersion {
  const version = secret.versions.find((candidate) => candidate.id === id);
  if (!version)
    throw new SecretsRefusal('ResourceNotFoundException', `Secrets Manager can't find the version ${id}.`);
  return version;
}

function stagesById({ versions }: Secret): Record<string, string[]> {
  return Object.fromEntries(
    versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]),
  );
}

/** Names the field at fault, never its value. */
function read<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new SecretsRefusal('InvalidParameterException', `The parameter is missing or malformed: ${fields}.`);
}
