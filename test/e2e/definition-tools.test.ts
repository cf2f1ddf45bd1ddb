/** What the command line tells of a definition before it is used: `apply --check`, `login --dry-run`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draftRecipe } from '../../lib/registry/drafting/har.ts';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { jwtPeer } from '../recordings/peers.ts';
import type { RecordedPeer } from '../recordings/peers.ts';

let gatehouse: Gatehouse;
let folder: string;
let platform: RecordedPeer;
let definition: Record<string, unknown> & { auth: { login: Record<string, object> } };

beforeAll(async () => {
  gatehouse = await startGatehouse();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-tools-'));
  platform = await jwtPeer();
  const draft = draftRecipe((await platform.visit('chrome')).har());
  definition = draft.definition as unknown as typeof definition;
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform.peer.stop();
  await gatehouse.stop();
});

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
/** Nobody answers, and no key is known. */
const runAlone = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: 'http://127.0.0.1:1', GATEHOUSE_KEY: '', GATEHOUSE_ADMIN_KEY: '' });
const file = (name: string, content: object) => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const register = (code: string, login: object = {}) => {
  const { email: username, password } = platform.credentials;
  const auth = { ...definition.auth, login: { ...definition.auth.login, ...login } };
  return gatehouse.register({ ...definition, auth, code }, { username, password });
};

const NONE = { name: 'x', baseUrl: 'https://x.example', auth: { type: 'NONE' } };

test('files are checked without a server: good ones', async () => {
  const path = file('good.json', { ...NONE, code: 'GOOD' });
  expect(await runAlone('apply', '--check', path)).toEqual({
    code: 0,
    out: 'GOOD: valid\nNothing was sent.\n',
    err: '',
  });
  const { out } = await runAlone('--json', 'apply', '--check', path);
  expect(JSON.parse(out)).toEqual({ items: [{ code: 'GOOD', valid: true }] });
});

test('files are checked without a server: every fault of every file, as the registry names them', async () => {
  const webhook = { path: 'taken' };
  const paths = [
    file('a.json', { ...NONE, code: 'FIRST', webhook }),
    file('b.json', { ...NONE, code: 'SECOND', webhook }),
    file('c.json', { ...NONE, code: 'THIRD', baseUrl: 'http://10.0.0.1', timeoutSeconds: 5 }),
    file('d.json', { ...NONE, code: 'FOURTH', operations: { x: { method: 'GET', path: '/{{session.y}}' } } }),
  ];
  const { code, err } = await runAlone('apply', '--check', ...paths);
  expect(code).toBe(3);
  expect(err.split('\n')).toEqual([
    `${paths[1]} is not a valid definition:`,
    '  webhook.path: is taken by FIRST',
    `${paths[2]} is not a valid definition:`,
    expect.stringMatching(/^ {2}baseUrl: must be https:/),
    `${paths[3]} is not a valid definition:`,
    '  operations.x.path: {{session.y}} is never set here',
    '',
  ]);
  const asJson = await runAlone('--json', 'apply', '--check', paths[0]!, paths[2]!);
  expect(JSON.parse(asJson.err)).toMatchObject({ file: paths[2], errors: [{ field: 'baseUrl' }] });
});

test('a dry run of apply is refused for what only the registry knows; who may only read sees the differences', async () => {
  await gatehouse.register({ ...NONE, code: 'TOOLS_OTHER', webhook: { path: 'in-use' } });
  const path = file('conflict.json', { ...NONE, code: 'TOOLS_NEW', webhook: { path: 'in-use' } });
  const refused = await run('apply', '--dry-run', path);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('webhook.path: is taken by TOOLS_OTHER'),
  });
  const { json } = await gatehouse.ask('POST', '/v1/admin/keys', { body: { name: 'v', role: 'viewer' } });
  const viewer = await run('--key', (json as { key: string }).key, 'apply', '--dry-run', path);
  expect(viewer).toEqual({ code: 0, out: 'TOOLS_NEW: created\nNothing was changed.\n', err: '' });
  expect((await gatehouse.ask('GET', '/v1/admin/services/TOOLS_NEW')).status).toBe(404);
});

test('a dry run shows what each step took out of its answer by kind and length, and tries the refresh', async () => {
  await register('TOOLS_JWT');
  const { code, out, err } = await run('login', 'TOOLS_JWT', '--dry-run');
  expect([code, err]).toEqual([0, '']);
  const lines = out.split('\n');
  expect(lines).toContain('     extracted      accessToken (text, 124 characters)');
  expect(lines).toContain('                    expiresIn (number)');
  expect(lines.some((line) => /^\d\. refresh \(\d+ ms\)$/.test(line))).toBe(true);
  expect(out).not.toMatch(/refresh failed| $/m);
  for (const secret of platform.secrets) expect(out).not.toContain(secret);
  expect(out).not.toContain('eyJ');
  const asJson = JSON.parse((await run('--json', 'login', 'TOOLS_JWT', '--dry-run')).out) as object;
  expect(asJson).toMatchObject({
    success: true,
    steps: expect.arrayContaining([
      expect.objectContaining({
        step: 'verdict',
        saw: expect.objectContaining({
          extracted: expect.objectContaining({ expiresIn: 'number' }) as object,
        }) as object,
      }),
    ]) as object,
  });
});

test.each([
  [
    'is answered with a failure',
    { fields: { refresh_token: 'none' } },
    'not a known failure|was answered 401',
  ],
  [
    'finds nothing',
    { extract: { accessToken: { pointer: '/nowhere' } } },
    'without \\{\\{session.accessToken',
  ],
])('a refresh that %s is told, and the login counts', async (_what, changes, why) => {
  const refresh = { ...definition.auth.login['refresh'], ...changes };
  await register('TOOLS_REFRESH', { refresh });
  const { code, out } = await run('login', 'TOOLS_REFRESH', '--dry-run');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`refresh \\(\\d+ ms\\) - .*(?:${why})`));
  expect(out.split('\n').slice(-4, -1)).toEqual([
    'TOOLS_REFRESH: logged in.',
    'The refresh failed: each renewal will be a whole login. Check auth.login.refresh.',
    'dry run: nothing was stored',
  ]);
});

test('what is not where the login should have it is named', async () => {
  const extract = { ...definition.auth.login['extract'], other: { pointer: '/other' } };
  await register('TOOLS_MISSING', { extract });
  const { code, out, err } = await run('login', 'TOOLS_MISSING', '--dry-run');
  expect(code).toBe(1);
  expect(out.split('\n')).toContain('     not found      other');
  expect(err).toContain('without {{session.other}} (auth.login.extract)');
});
