/** `gatehouse session import`, as a shell meets it: browser's files in, names out, never a value. */
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CANARY = 'canary-0123456789abcdef';
let gatehouse: Gatehouse;
let peer: Peer;
let folder: string;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  out: string;
  err: string;
}

function run(args: string[], input = ''): Promise<Ended> {
  const env = { ...process.env, GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
  return new Promise((resolve) => {
    const command = [join(ROOT, 'bin', 'gatehouse.mjs'), ...args];
    const child = execFile(process.execPath, command, { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin!.end(input);
  });
}

const file = (name: string, content: string | object) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

async function register(auth: object = {}): Promise<string> {
  const code = `CLI_IMPORT_${(count += 1)}`;
  await gatehouse.register({
    code,
    name: code,
    baseUrl: peer.url,
    operations: { orders: { method: 'GET', path: '/orders' } },
    auth: { type: 'SESSION', sessionValues: ['token'], ...auth },
  });
  peer.answer(({ headers }, response) =>
    sendJson(response, {}, (headers.cookie ?? '').includes(CANARY) || headers.authorization ? 200 : 401),
  );
  return code;
}

const serves = async (code: string) => expect((await gatehouse.call(code, 'orders')).status).toBe(200);
const shownNoSecret = ({ out, err }: Ended) => expect(out + err).not.toContain(CANARY);

const HAR = () => ({
  log: {
    entries: [
      {
        startedDateTime: '2026-11-22T07:00:00.000Z',
        request: {
          method: 'GET',
          url: `${peer.url}/orders`,
          headers: [
            { name: 'Cookie', value: `sid=${CANARY}; theme=dark` },
            { name: 'Authorization', value: `Bearer ${CANARY}` },
          ],
          cookies: [],
        },
        response: { status: 200, headers: [] },
      },
      {
        request: { url: 'https://cdn.example/x', headers: [{ name: 'Cookie', value: `x=${CANARY}` }] },
        response: { headers: [] },
      },
    ],
  },
});

test('a HAR: its names are printed, what is left out is said', async () => {
  const code = await register();
  const ended = await run(['session', 'import', code, '--har', file('one.har', HAR())]);
  expect(ended.code).toBe(0);
  expect(ended.out.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(new RegExp(`^${code}: the session is taken over, until 20`)),
    'cookies       sid, theme',
  ]);
  expect(ended.err.split('\n').slice(0, 2)).toEqual([
    'note: left out: cookies of other hosts: cdn.example',
    'note: left out: header authorization: take it with --with-headers',
  ]);
  shownNoSecret(ended);
  await serves(code);
  const shown = await run(['session', 'show', code]);
  expect(shown.out).toContain('taken over from a browser');
});

test('with its headers, values and an end; as JSON', async () => {
  const code = await register();
  const expires = '2099-01-01T00:00:00.000Z';
  const more = ['--with-headers', 'Authorization', '--value', `token=${CANARY}`, '--expires', expires];
  const ended = await run(
    ['--json', 'session', 'import', code, '--har', '-', ...more],
    JSON.stringify(HAR()),
  );
  expect(JSON.parse(ended.out)).toMatchObject({
    code,
    taken: { cookies: ['sid', 'theme'], headers: ['authorization'], values: ['token'] },
    session: { state: 'live', main: { expiresAt: expires } },
  });
  shownNoSecret(ended);
  expect(peer.seen).toEqual([]);
  await serves(code);
  expect(peer.seen.at(-1)!.headers.authorization).toBe(`Bearer ${CANARY}`);
});

test.each<[what: string, args: () => string[], input?: string]>([
  ['cookies.txt', () => ['--cookies', file('c.txt', `127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t${CANARY}\n`)]],
  [
    'an extension',
    () => ['--cookies', file('c.json', [{ name: 'sid', value: CANARY, domain: '127.0.0.1' }])],
  ],
  [
    'standard input',
    () => ['--cookies', '-'],
    `\ufeff[{"name":"sid","value":"${CANARY}","domain":"127.0.0.1"}]`,
  ],
  ['a header', () => ['--header', `sid=${CANARY}; theme=dark`]],
  ['a header as it is copied', () => ['--header', '-'], `Cookie: sid=${CANARY}\n`],
])('%s', async (_what, args, input) => {
  const code = await register();
  const ended = await run(['session', 'import', code, ...args()], input);
  expect(ended).toMatchObject({ code: 0, err: '' });
  shownNoSecret(ended);
  await serves(code);
});

const large = () => {
  const path = join(folder, 'large.har');
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, 100 * 1_024 * 1_024);
  closeSync(descriptor);
  return path;
};

test.each<[what: string, args: () => string[], code: number, says: RegExp]>([
  ['broken JSON', () => ['--har', file('b.har', `{"log": "${CANARY}`)], 3, /is not JSON/],
  ['no HAR', () => ['--har', file('n.har', { log: CANARY })], 3, /not a HAR/],
  ['100 MB', () => ['--har', large()], 3, /larger than 64 MB/],
  ['a file that is not there', () => ['--har', '/nowhere.har'], 3, /not found/],
  ['a folder', () => ['--cookies', folder], 3, /cannot be read/],
  ['a broken list', () => ['--cookies', file('l.json', `[{"value":"${CANARY}"`)], 3, /is not JSON/],
  [
    'no list',
    () => ['--cookies', file('m.json', [{ value: CANARY }])],
    3,
    /no list of cookies: 0\.\w+ is required/,
  ],
  ['no cookies.txt', () => ['--cookies', file('x.txt', `# x\n${CANARY}`)], 3, /Line 2 is none/],
  [
    'none of this host',
    () => ['--cookies', file('f.json', [{ name: 'a', value: CANARY, domain: 'x.y' }])],
    3,
    /holds no cookies for 127\.0\.0\.1/,
  ],
  ['nothing', () => [], 2, /Give --har/],
  ['two sources', () => ['--har', 'x', '--header', 'a=b'], 2, /Give one of/],
  ['a value that is no pair', () => ['--header', 'a=b', '--value', CANARY], 2, /--value 1 is not name=value/],
  ['headers of no recording', () => ['--header', 'a=b', '--with-headers', 'X'], 2, /--with-headers/],
  [
    'a header that is none',
    () => ['--header', `a=b; ${CANARY}`],
    1,
    /cookies: is no Cookie header: its pair 2/,
  ],
  ['a value nobody declared', () => ['--header', 'a=b', '--value', `other=${CANARY}`], 1, /values\.other/],
  [
    'an end that has passed',
    () => ['--header', 'a=b', '--expires', '2020-01-01T00:00:00Z'],
    1,
    /expiresAt: is in the past/,
  ],
])('%s is refused, and not quoted', async (_what, args, exitCode, says) => {
  const code = await register();
  const ended = await run(['session', 'import', code, ...args()]);
  expect([ended.code, ended.out]).toEqual([exitCode, '']);
  expect(ended.err).toMatch(says);
  shownNoSecret(ended);
});

test('doctor tells what waits for a person, and what to do', async () => {
  const code = await register();
  expect((await run(['doctor'])).out).toMatch(
    new RegExp(`warn  ${code}: not used yet, no session: .* session import`),
  );
  await gatehouse.call(code, 'orders');
  const wanted = await run(['doctor']);
  expect(wanted.code).toBe(1);
  expect(wanted.out).toMatch(
    new RegExp(`FAIL  ${code}: .*a person has to log in.* gatehouse session import ${code}`),
  );
  await run(['session', 'import', code, '--header', `sid=${CANARY}`]);
  expect((await run(['doctor'])).out).toContain(`ok    ${code}: ACTIVE, session live`);
});
