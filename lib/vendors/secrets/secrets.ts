import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import { awsConnection } from '../kept-alive/aws-connection.ts';

/** Secrets Manager's own labels: the version in use, and the one before while it is not retired. */
export type SecretStage = 'AWSCURRENT' | 'AWSPREVIOUS';

export interface SecretVersion {
  versionId: string;
  text: string;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/**
 * AWS Secrets Manager. Every method rejects with `STORE_UNAVAILABLE` when it does not answer in time, and
 * never lets a value into a message.
 */
export interface Secrets {
  /** `undefined` when the secret, or its version at that stage, does not exist. */
  getVersion(id: string, stage: SecretStage): Promise<SecretVersion | undefined>;
  /** A new current version; the one before becomes previous. The first one creates the secret. */
  put(id: string, text: string): Promise<{ versionId: string }>;
  /**
   * The same, but only while `current` is the current version: of two concurrent writers one gets
   * `REVISION_CONFLICT`.
   */
  replace(id: string, text: string, current: string): Promise<{ versionId: string }>;
  /** Takes a stage off whichever version carries it. No error when none does. */
  removeStage(id: string, stage: 'AWSPREVIOUS'): Promise<void>;
  /** At once, without the recovery window: a leaked credential must not linger. No error when there is none. */
  delete(id: string): Promise<void>;
}

export interface SecretsOptions {
  region: string;
  endpoint?: string | undefined;
  /** Per request, milliseconds. */
  timeoutMs?: number;
}

export function connectSecrets({ region, endpoint, timeoutMs = 3_000 }: SecretsOptions): Secrets {
  const client = new SecretsManagerClient(awsConnection({ region, endpoint, maxAttempts: 3, timeoutMs }));

  async function put(id: string, text: string): Promise<string | undefined> {
    try {
      return (await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }))).VersionId;
    } catch (error) {
      if (nameOf(error) === 'InvalidRequestException') {
        // Just deleted: Secrets Manager deletes in the background, until then the secret can be restored.
        await client.send(new RestoreSecretCommand({ SecretId: id }));
        return (await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }))).VersionId;
      }
      if (!isAbsent(error)) throw error;
    }
    try {
      return (await client.send(new CreateSecretCommand({ Name: id, SecretString: text }))).VersionId;
    } catch (error) {
      if (nameOf(error) !== 'ResourceExistsException') throw error;
      return (await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }))).VersionId;
    }
  }

  /** Compare-and-swap: Secrets Manager moves a label only from the version it is told to take it from. */
  async function replace(id: string, text: string, current: string): Promise<string> {
    const staged = await client.send(
      new PutSecretValueCommand({ SecretId: id, SecretString: text, VersionStages: ['AWSPENDING'] }),
    );
    const versionId = staged.VersionId ?? '';
    try {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: id,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: versionId,
          RemoveFromVersionId: current,
        }),
      );
    } catch (error) {
      if (nameOf(error) !== 'InvalidParameterException') throw error;
      throw new GatewayError('REVISION_CONFLICT', 'This secret has been rotated since it was read.');
    } finally {
      await unlabel(client, id, 'AWSPENDING', versionId);
    }
    return versionId;
  }

  return {
    getVersion: (id, stage) =>
      ask('GetSecretValue', async () => {
        try {
          const reply = await client.send(new GetSecretValueCommand({ SecretId: id, VersionStage: stage }));
          if (reply.VersionId === undefined || reply.SecretString === undefined) return undefined;
          const createdAt = (reply.CreatedDate ?? new Date(0)).toISOString();
          return { versionId: reply.VersionId, text: reply.SecretString, createdAt };
        } catch (error) {
          // InvalidRequest: marked for deletion.
          if (isAbsent(error) || nameOf(error) === 'InvalidRequestException') return undefined;
          throw error;
        }
      }),
    put: (id, text) => ask('PutSecretValue', async () => ({ versionId: (await put(id, text)) ?? '' })),
    replace: (id, text, current) =>
      ask('UpdateSecretVersionStage', async () => ({ versionId: await replace(id, text, current) })),
    removeStage: (id, stage) =>
      ask('UpdateSecretVersionStage', async () => {
        const holder = await versionAt(client, id, stage);
        if (holder === undefined) return;
        await unlabel(client, id, stage, holder);
      }),
    delete: (id) =>
      ask('DeleteSecret', async () => {
        try {
          await client.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }));
        } catch (error) {
          if (!isAbsent(error) && nameOf(error) !== 'InvalidRequestException') throw error;
        }
      }),
  };
}

/** Takes a label off a version. No error when it is already gone. */
async function unlabel(client: SecretsManagerClient, id: string, stage: string, versionId: string) {
  try {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: id,
        VersionStage: stage,
        RemoveFromVersionId: versionId,
      }),
    );
  } catch (error) {
    if (!isAbsent(error) && nameOf(error) !== 'InvalidParameterException') throw error;
  }
}

async function versionAt(
  client: SecretsManagerClient,
  id: string,
  stage: SecretStage,
): Promise<string | undefined> {
  try {
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: id }));
    return Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage))?.[0];
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const nameOf = (error: unknown) => (error as { name?: string }).name ?? 'unknown';
const isAbsent = (error: unknown) => nameOf(error) === 'ResourceNotFoundException';

/** The SDK's errors may contain the request: only their name is kept. */
async function ask<T>(command: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isGatewayError(error)) throw error;
    const why = `Secrets Manager did not answer ${command} (${nameOf(error)}).`;
    throw new GatewayError('STORE_UNAVAILABLE', why, { retryAfterSeconds: 1 });
  }
}
