import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startStores } from '../../../dev/stores/index.ts';
import { spawnTethered } from '../../../dev/stores/tether.ts';
import { names } from '../../../lib/runtime/config.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { connectRedis } from '../../../lib/vendors/redis/redis.ts';

let dataDir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-life-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await vi.waitUntil(() => processesOf(dataDir).length === 0, { timeout: 8_000 });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** Everything that has the directory in its command line: the process, its tethers, their commands. */
function processesOf(directory: string): string[] {
  return execFileSync('ps', ['-ww', '-eo', 'pid=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(directory));
}

async function startProcess(): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  const script = join(import.meta.dirname, '../../fixtures/stores-process.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, env: JSON.parse(line) as Record<string, string> };
  }
  throw new Error('The stores did not start.');
}

function clientsOf(env: Record<string, string>) {
  return {
    table: names('local').tables.registry,
    documents: connectDocuments({
      region: 'us-east-1',
      endpoint: env['AWS_ENDPOINT_URL_DYNAMODB']!,
      timeoutMs: 10_000,
    }),
    redis: connectRedis({
      url: env['UPSTASH_REDIS_REST_URL']!,
      token: env['UPSTASH_REDIS_REST_TOKEN']!,
      timeoutMs: 5_000,
    }),
  };
}

test('killed with kill -9, it leaves no process behind; restarted at once, it has what was acknowledged', async () => {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
  const first = await startProcess();
  const before = clientsOf(first.env);
  await Promise.all([
    before.redis.set('kept', 'yes'),
    ...Array.from({ length: 20 }, (_, n) => before.documents.put(before.table, { pk: `k${n}`, sk: 's', n })),
  ]);
  const marked = processesOf(dataDir);
  expect(marked.some((line) => line.includes('dynamodb.sqlite'))).toBe(true);

  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await startProcess();
  const after = clientsOf(second.env);
  for (let n = 0; n < 20; n += 1) {
    expect(await after.documents.get(after.table, { pk: `k${n}`, sk: 's' })).toBeDefined();
  }
  // Without redis-server, Redis keeps nothing; sessions are logged in anew.
  const keeps = processesOf(join(dataDir, 'redis')).length > 0;
  expect(await after.redis.get('kept')).toBe(keeps ? 'yes' : null);
  const pids = (lines: string[]) => lines.map((line) => Number.parseInt(line, 10));
  expect(pids(processesOf(dataDir)).filter((pid) => pids(marked).includes(pid))).toEqual([]);

  second.child.kill('SIGTERM');
  expect(await once(second.child, 'exit')).toEqual([0, null]);
  expect(processesOf(dataDir)).toEqual([]);
});

test('a write that was acknowledged survives kill -9 of everything at once', async () => {
  const { child, env } = await startProcess();
  const { documents, table } = clientsOf(env);
  await documents.put(table, { pk: 'last', sk: 's' });
  const pids = processesOf(dataDir).map((line) => Number.parseInt(line, 10));
  for (const pid of [child.pid!, ...pids]) process.kill(pid, 'SIGKILL');

  const restarted = clientsOf((await startProcess()).env);
  expect(await restarted.documents.get(table, { pk: 'last', sk: 's' })).toBeDefined();
});

test('a second one on the same directory is refused with a message for a person', async () => {
  const stores = await startStores({ dataDir, env: { GATEHOUSE_STAGE: 'local' } });
  await expect(startStores({ dataDir, env: { GATEHOUSE_STAGE: 'local' } })).rejects.toThrow(
    /is in use by another Gatehouse.*GATEHOUSE_DATA_DIR/,
  );
  await stores.stop();
  const again = await startStores({ dataDir, env: { GATEHOUSE_STAGE: 'local' } });
  await again.stop();
});

test('the session key is made once and kept', async () => {
  const keyOf = async () => {
    const stores = await startStores({ dataDir, env: { GATEHOUSE_STAGE: 'local' } });
    const response = await fetch(stores.env['AWS_ENDPOINT_URL_SECRETS_MANAGER']!, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
      body: JSON.stringify({ SecretId: names('local').secrets.sessionKey }),
    });
    const { SecretString } = (await response.json()) as { SecretString: string };
    await stores.stop();
    return JSON.parse(SecretString) as { keyId: string; key: string };
  };
  const first = await keyOf();
  expect(first.keyId).toBe('k1');
  expect(Buffer.from(first.key, 'base64')).toHaveLength(32);
  expect((await keyOf()).key === first.key).toBe(true);
});

test('stores that the environment names are used and not started', async () => {
  const given = await startStores({ dataDir: 'memory', env: { GATEHOUSE_STAGE: 'local' } });
  const using = await startStores({ dataDir: 'memory', env: { ...given.env, GATEHOUSE_STAGE: 'other' } });
  expect(using.env).toEqual({ ...given.env, GATEHOUSE_STAGE: 'other' });
  const documents = connectDocuments({
    region: 'us-east-1',
    endpoint: given.env['AWS_ENDPOINT_URL_DYNAMODB']!,
  });
  expect(await documents.get(names('other').tables.ledger, { pk: 'a', sk: 'b' })).toBe(undefined);
  await using.stop();
  await given.stop();
});

test('a store that loses the first request for each table, as one that is starting does, is asked again', async () => {
  const asked = new Map<string, number>();
  const starting = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { TableName } = JSON.parse(Buffer.concat(chunks).toString()) as { TableName: string };
      const times = (asked.get(TableName) ?? 0) + 1;
      asked.set(TableName, times);
      if (times === 1) request.socket.destroy();
      else response.end('{}');
    });
  });
  await new Promise<void>((resolve) => void starting.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(starting.address() as AddressInfo).port}`;
  const env = { GATEHOUSE_STAGE: 'local', AWS_ENDPOINT_URL_DYNAMODB: address };
  const stores = await startStores({ dataDir: 'memory', env });
  await stores.stop();
  starting.close();
  expect(asked.size).toBeGreaterThan(5);
  expect([...asked.values()].every((times) => times > 1)).toBe(true);
});

test('a store that does not answer, and a half-started set, end in a message and no process', async () => {
  const env = { GATEHOUSE_STAGE: 'local', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' };
  await expect(startStores({ dataDir, env })).rejects.toThrow('No answer from http://127.0.0.1:9');
  await writeFile(join(dataDir, 'secrets.json'), 'damaged');
  await expect(startStores({ dataDir, env: { GATEHOUSE_STAGE: 'local' } })).rejects.toThrow('secrets.json');
  expect(processesOf(dataDir)).toEqual([]);
});

test('a tethered command reports its end and output, and takes its folder with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-tether-'));
  const failing = await spawnTethered('/bin/sh', ['-c', 'echo no such luck >&2; exit 3'], {
    cleanup: folder,
  });
  expect(await failing.ended).toEqual({ code: 3, output: 'no such luck' });
  await expect(rm(folder)).rejects.toMatchObject({ code: 'ENOENT' });

  const deaf = await spawnTethered('/bin/sh', [
    '-c',
    'trap "" TERM INT; echo deaf; while :; do sleep 0.1; done',
  ]);
  await expect.poll(() => deaf.output()).toContain('deaf');
  await deaf.stop();
  expect((await deaf.ended).code).toBe(137);
}, 20_000);
