import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSecretsManager } from '../../../dev/stores/secrets-manager.ts';
import type { EmbeddedSecretsManager } from '../../../dev/stores/secrets-manager.ts';

let dataDir: string;
let server: EmbeddedSecretsManager;
let client: SecretsManagerClient;

const connect = (endpoint: string) =>
  new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-'));
  server = await startSecretsManager({ dataDir });
  client = connect(server.endpoint);
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const create = (Name: string, SecretString: string) =>
  client.send(new CreateSecretCommand({ Name, SecretString }));
const put = (SecretId: string, SecretString: string) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString }));
const get = (SecretId: string, which: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...which }));

test('a secret is created once and read by name, ARN, version and label', async () => {
  const { ARN, VersionId } = await create('gatehouse/test/A', '{"n":"中"}');
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:\d{12}:secret:gatehouse\/test\/A-\w{6}$/);
  expect(await get('gatehouse/test/A')).toMatchObject({
    SecretString: '{"n":"中"}',
    VersionId,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: expect.any(Date) as Date,
  });
  expect(await get(ARN!, { VersionId: VersionId! })).toMatchObject({ SecretString: '{"n":"中"}' });
  await expect(create('gatehouse/test/A', 'x')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('putting moves AWSCURRENT, and AWSPREVIOUS after it; a version without a label is not shown', async () => {
  await create('rotating', 'one');
  await put('rotating', 'two');
  expect(await get('rotating')).toMatchObject({ SecretString: 'two' });
  expect(await get('rotating', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' });
  await put('rotating', 'three');
  expect(await get('rotating', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'two' });

  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'rotating' }));
  expect(Object.values(VersionIdsToStages!)).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
});

test('a label is taken off, or moved with what it held before named', async () => {
  const first = await create('labels', 'one');
  const second = await put('labels', 'two');
  const move = (
    input: { MoveToVersionId?: string; RemoveFromVersionId?: string },
    VersionStage = 'AWSCURRENT',
  ) => client.send(new UpdateSecretVersionStageCommand({ SecretId: 'labels', VersionStage, ...input }));

  await expect(move({ MoveToVersionId: first.VersionId! })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  await move({ MoveToVersionId: first.VersionId!, RemoveFromVersionId: second.VersionId! });
  expect(await get('labels')).toMatchObject({ SecretString: 'one' });
  expect(await get('labels', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'two' });

  await move({ RemoveFromVersionId: second.VersionId! }, 'AWSPREVIOUS');
  await expect(get('labels', { VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  const described = await client.send(new DescribeSecretCommand({ SecretId: 'labels' }));
  expect(described.VersionIdsToStages).toEqual({ [first.VersionId!]: ['AWSCURRENT'] });
});

test('a request that comes twice makes one version; its token with another value is refused', async () => {
  await create('tokens', 'one');
  const again = { SecretId: 'tokens', ClientRequestToken: 'a'.repeat(32) };
  const first = await client.send(new PutSecretValueCommand({ ...again, SecretString: 'two' }));
  await put('tokens', 'three');
  const second = await client.send(new PutSecretValueCommand({ ...again, SecretString: 'two' }));
  expect(second.VersionId).toBe(first.VersionId);
  expect(await get('tokens')).toMatchObject({ SecretString: 'three' });
  await expect(client.send(new PutSecretValueCommand({ ...again, SecretString: 'x' }))).rejects.toMatchObject(
    {
      name: 'ResourceExistsException',
    },
  );
});

test('what is not there, is deleted or is malformed has the error of AWS, and no value in it', async () => {
  await expect(get('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(put('none', 'secret-value')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(create('bad name!', 'secret-value')).rejects.toSatisfy(
    (error: Error) => error.name === 'InvalidParameterException' && !String(error).includes('secret-value'),
  );
  await create('doomed', 'x');
  await client.send(new DeleteSecretCommand({ SecretId: 'doomed' }));
  await expect(get('doomed')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  await client.send(new DeleteSecretCommand({ SecretId: 'doomed', ForceDeleteWithoutRecovery: true }));
  await expect(get('doomed')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await create('doomed', 'new');
});

test('what is acknowledged is on disk, readable by this user alone, and there after a restart', async () => {
  await create('kept', 'one');
  await put('kept', 'two');
  expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['secrets.json']);

  // Nothing is written at a stop: a second one on the same file sees what a kill would have left.
  const second = await startSecretsManager({ dataDir });
  const reader = connect(second.endpoint);
  expect(await reader.send(new GetSecretValueCommand({ SecretId: 'kept' }))).toMatchObject({
    SecretString: 'two',
  });
  await second.stop();
});

test('a state file that cannot be read is said, not replaced', async () => {
  const damaged = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-'));
  await writeFile(join(damaged, 'secrets.json'), '{"secrets": [');
  await expect(startSecretsManager({ dataDir: damaged })).rejects.toThrow('secrets.json');
  expect(await readFile(join(damaged, 'secrets.json'), 'utf8')).toBe('{"secrets": [');
  await rm(damaged, { recursive: true });
});
