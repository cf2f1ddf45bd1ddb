/** The built client as a stranger's project meets it: plain JavaScript in `node_modules`, strict TypeScript. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { data, startGateway } from '../integration/client/gateway.ts';
import type { FakeGateway } from '../integration/client/gateway.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
let project: string;
let gateway: FakeGateway;

beforeAll(async () => {
  gateway = await startGateway();
  project = await mkdtemp(join(tmpdir(), 'gatehouse-client-'));
  const installed = join(project, 'node_modules/gatehouse');
  await mkdir(installed, { recursive: true });
  await run(process.execPath, [join(root, 'dev/build-client.mjs'), '--out', join(installed, 'client/dist')]);
  await writeFile(
    join(installed, 'package.json'),
    JSON.stringify({
      name: 'gatehouse',
      version: '0.0.0',
      type: 'module',
      exports: { './client': { types: './client/dist/index.d.ts', default: './client/dist/index.js' } },
    }),
  );
});
afterAll(async () => {
  await gateway.stop();
  await rm(project, { recursive: true, force: true });
});

test('plain Node imports and calls it', async () => {
  gateway.answer(data({ nickname: '小明' }));
  const script = `
    import { createClient, GatewayError } from 'gatehouse/client';
    const client = createClient({ baseUrl: ${JSON.stringify(gateway.baseUrl)}, apiKey: 'gh_test' });
    console.log(JSON.stringify(await client.call('URS_PROMOTION', 'userInfo', { userKey: 'k' })), GatewayError.name);
  `;
  await writeFile(join(project, 'main.mjs'), script);
  const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: project });
  expect(stdout.trim()).toBe('{"nickname":"小明"} GatewayError');
});

test('it depends on nothing', async () => {
  const dist = join(project, 'node_modules/gatehouse/client/dist');
  expect(await readFile(join(dist, 'index.js'), 'utf8')).not.toMatch(/^import |require\(/m);
  for (const name of await readdir(dist)) {
    if (!name.endsWith('.d.ts')) continue;
    expect(await readFile(join(dist, name), 'utf8')).not.toMatch(/from '(?!\.\/[\w.-]+\.js')/);
  }
});

test('strict TypeScript checks a project that uses it', async () => {
  await writeFile(
    join(project, 'main.ts'),
    `import { createClient, PlatformApiError } from 'gatehouse/client';
     interface Services { A_B: { op: { params: { id: string }; result: { name: string } } } }
     const client = createClient<Services>({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k' });
     export async function name(): Promise<string> {
       try {
         return (await client.call('A_B', 'op', { id: '1' })).name;
       } catch (error) {
         if (error instanceof PlatformApiError) return String(error.upstream?.status);
         throw error;
       }
     }
     // @ts-expect-error id is a string
     void client.call('A_B', 'op', { id: 1 });
     export async function balance(): Promise<string> {
       return (await client.request('getAccount', { params: { accountId: 'user:1' } })).balance;
     }
     // @ts-expect-error no such route
     void client.request('getNothing');
    `,
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
  ];
  const result = await run(process.execPath, [tsc, ...options, '--types', '', 'main.ts'], {
    cwd: project,
  }).catch((error: { stdout: string }) => error);
  expect(result.stdout).toBe('');
});
