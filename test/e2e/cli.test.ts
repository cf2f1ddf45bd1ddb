/** The command line as a shell meets it: a process, its two streams, its exit code. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { naughtyStrings } from '../corpora.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CODE = 'CITY_CENTER_WORK_ORDER';
let gatehouse: Gatehouse;
let folder: string;

beforeAll(async () => {
  gatehouse = await startGatehouse({ sandbox: true });
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.stop();
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

const run = (...args: string[]) => runWithInput('', ...args);

/** @param input of the standard input */
function runWithInput(input: string, ...args: string[]): Promise<Ended> {
  const env = { ...process.env, GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
  return new Promise((resolve) => {
    const command = [join(ROOT, 'bin', 'gatehouse.mjs'), ...args];
    const child = execFile(process.execPath, command, { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin!.end(input);
  });
}

const file = (name: string, content: object) => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

test('every digit of an answer is printed, with --json too', async () => {
  const plain = await run('call', CODE, 'getUserInfo', 'userId=10002');
  expect(plain).toMatchObject({ code: 0, err: '' });
  expect(plain.out).toContain('"idNumber": 1234567890123456789,');
  expect(plain.out).toMatch(/-- \d+ ms, 1 request\n$/);
  const json = await run('--json', 'call', CODE, 'getUserInfo', 'userId=10002');
  expect(json.out).toContain('"idNumber": 1234567890123456789,');
});

test('an idempotency key sends an order once', async () => {
  const order = ['call', CODE, 'submitOrder', '--idempotency-key', 'cli-1', '{"title":"once"}'];
  const [first, again] = [await run(...order), await run(...order)];
  expect(first.code).toBe(0);
  expect(/WO\d+/.exec(again.out)?.[0]).toBe(/WO\d+/.exec(first.out)?.[0]);
});

test('R11 what the third party said is printed, and moves no cursor', async () => {
  const peer = await startPeer();
  const said = { why: 'no stock \u001b[2J\u009b31m\u202e', password: 'canary' };
  peer.answer((_request, response) => sendJson(response, said, 409));
  const operations = { list: { method: 'GET', path: '/x' } };
  await gatehouse.register({
    code: 'CLI_PEER',
    name: 'x',
    baseUrl: peer.url,
    auth: { type: 'NONE' },
    operations,
  });
  const { code, err } = await run('call', 'CLI_PEER', 'list');
  await peer.stop();
  expect(code).toBe(1);
  expect(err.split('\n')[1]).toBe(
    String.raw`  the third party answered 409: {"why":"no stock \u001b[2J\u009b31m\u202e","password":"***"}`,
  );
});

test('what is missing is named, once', async () => {
  const { code, err } = await run('call', CODE, 'getUserInfo');
  expect(code).toBe(1);
  expect(err.split('\n').slice(0, 2)).toEqual([
    'VALIDATION_FAILED: The input is not valid',
    '  params.userId: is required',
  ]);
});

test('a service that is not there is named', async () => {
  const { code, err } = await run('call', 'NO_SUCH', 'x');
  expect([code, err.split('\n')[0]]).toEqual([1, 'NOT_FOUND: Service NO_SUCH was not found.']);
});

test('without a command: help, and exit code 2', async () => {
  const { code, err } = await run();
  expect(code).toBe(2);
  expect(err).toContain('Usage: gatehouse');
  expect(err).toMatch(/error: a command is required\n$/);
});

test.each([
  [['nothing']],
  [['nothing', '--help']],
  [['--help', 'nothing']],
  [['help', 'nothing']],
  [['session', 'nothing', '--help']],
])('an unknown command is exit code 2, help or not: %j', async (args) => {
  const { code, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toMatch(/error: unknown command 'nothing'\n$/);
});

test.each([
  [0, ['--help']],
  [0, ['session', 'show', '--help']],
  [0, ['help', 'session']],
  [2, ['session']],
  [2, ['login']],
  [2, ['keys', 'list', 'extra']],
  [2, ['keys', 'create', 'x', '--role', 'root']],
  [2, ['call', CODE, 'getUserInfo', 'userId']],
  [2, ['--url', 'nowhere', 'keys', 'list']],
  [3, ['credentials', 'set', CODE, '/nothing/there.json']],
  [3, ['apply', '/nothing/there.json']],
  [4, ['--url', 'http://127.0.0.1:1', 'keys', 'list']],
  [5, ['--key', 'gh_wrong', 'keys', 'list']],
])('exit code %i: gatehouse %j', async (expected, args) => {
  const { code, out, err } = await run(...args);
  expect({ code, out, err }).toMatchObject({ code: expected });
});

test('credentials that are none are refused before they are sent, without a value of theirs', async () => {
  const { code, err } = await run('credentials', 'set', CODE, file('c.json', { a: 'hush', b: ['hush'] }));
  expect([code, err.includes('hush')]).toEqual([3, false]);
  expect(err).toContain('invalid: b');
});

test('credentials of standard input are read to their end, however slowly they come', async () => {
  const code = 'CLI_SLOW';
  await gatehouse.register({ code, name: code, baseUrl: 'http://127.0.0.1:9', auth: { type: 'BEARER' } });
  const long = `${' '.repeat(4_000_000)}{"token":"t"}`;
  const set = await runWithInput(long, 'credentials', 'set', code, '-', '--canary', 'none');
  expect([set.code, set.err]).toEqual([0, '']);
});

test('apply refuses a number that it could only round (R15)', async () => {
  const path = file('rounded.json', { settings: { diamondRatio: 'RATIO' } });
  for (const ratio of ['1e-400', '1e400', '0.1000000000000000055']) {
    writeFileSync(path, `{"code":"ROUNDED","settings":{"diamondRatio":${ratio}}}`);
    const { code, err } = await run('apply', path);
    expect([code, err]).toEqual([
      3,
      expect.stringContaining('settings.diamondRatio: has too many digits') as string,
    ]);
  }
});

test('apply keeps the address of the sandbox, unless told otherwise', async () => {
  const kept = await run('apply', join(ROOT, 'services', 'city-center-work-order.json'));
  const { baseUrl } = gatehouse.stack.sandbox!.services.CITY_CENTER_WORK_ORDER;
  expect(kept.out).toBe(`${CODE}: unchanged\n  baseUrl kept: ${baseUrl}; --base-url-from-file replaces it\n`);
  const told = await run('apply', join(ROOT, 'services'), '--base-url-from-file', '--dry-run');
  expect(told.out).toContain(`~ baseUrl: "${baseUrl}" → "https://platform.example.com"`);
});

test('apply --revision changes nothing that somebody else has changed', async () => {
  const definition = {
    code: 'CLI_TWO',
    name: 'Two people',
    status: 'ACTIVE',
    baseUrl: 'http://127.0.0.1:9',
    auth: { type: 'NONE' },
  };
  const apply = (name: string, ...args: string[]) =>
    run('apply', file('two.json', { ...definition, name }), ...args);
  expect((await apply('Two people', '--revision', '0')).out).toBe('CLI_TWO: created\n');
  expect((await apply('The first', '--revision', '1')).out).toMatch(
    /^CLI_TWO: changed \(it was revision 1\)\n/,
  );
  const late = await apply('The second', '--revision', '1');
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('CLI_TWO is at revision 2, not 1')]);
  expect((await run('services', 'show', 'CLI_TWO')).out).toContain('"The first"');
});

test('a dry run says what it cost, and leaves no space at the end of a line', async () => {
  const { code, out } = await run('login', CODE, '--dry-run');
  expect(code).toBe(0);
  expect(out).toMatch(/logged in\.\ndry run: nothing was stored; a captcha was paid for\n$/);
  expect(out).not.toMatch(/ $/m);
});

test('doctor warns of a service that waits for its credentials, and fails for one that is called without', async () => {
  const definition = {
    code: 'CLI_PARTNER',
    name: 'A partner',
    serviceType: 'OTHER',
    status: 'ACTIVE',
    baseUrl: 'http://127.0.0.1:9',
    auth: { type: 'BEARER', token: '{{credentials.token}}' },
    operations: { ping: { method: 'GET', path: '/' } },
  };
  expect(await run('apply', file('partner.json', definition))).toMatchObject({ code: 0, err: '' });
  const waiting = await run('doctor');
  expect(waiting.out).toContain('warn  CLI_PARTNER: not used yet, no credentials');
  expect(waiting.out).toMatch(/^ok {4}api .*: up; dynamodb, redis, secretsManager answer$/m);
  expect(waiting.out).toContain('ok    key: works, role viewer or higher');
  expect(waiting.code).toBe(0);
  await run('call', 'CLI_PARTNER', 'ping');
  const called = await run('doctor');
  expect(called.out).toContain('FAIL  CLI_PARTNER: is called, but has no credentials');
  expect(called.code).toBe(1);
});

test('logins are listed with the captcha that they met, and its picture is written to a file', async () => {
  expect((await run('login', CODE)).code).toBe(0);
  const { items } = JSON.parse((await run('logins', 'list', CODE, '--limit', '1', '--json')).out) as {
    items: [{ id: string; captcha: { text: string } }];
  };
  const [{ id, captcha }] = items;
  const list = await run('logins', 'list', CODE, '--limit', '1');
  expect(list.out).toMatch(new RegExp(`${id} .*SUCCESS +${captcha.text} +true`));
  const path = join(folder, 'captcha.png');
  expect((await run('logins', 'image', CODE, id, path)).out).toMatch(
    /captcha\.png: image\/\w+, \d+ bytes\.\n$/,
  );
  expect(readFileSync(path).length).toBeGreaterThan(100);
  const none = await run('logins', 'image', CODE, 'nothing', path);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
});

test('a lockout is reported by doctor and session show, and lifted by unlock', async () => {
  expect((await run('session', 'unlock', CODE)).out).toBe(`${CODE}: logins were not locked.\n`);
  gatehouse.stack.sandbox!.control.workOrder.refuseCredentials(true);
  for (let i = 0; i < 3; i += 1) {
    const { code, out, err } = await run('login', CODE);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('AUTHENTICATION_FAILED');
  }
  gatehouse.stack.sandbox!.control.workOrder.refuseCredentials(false);
  const doctor = await run('doctor');
  expect(doctor.out).toMatch(new RegExp(`FAIL {2}${CODE}: .*paused for another \\d+ min`));
  expect((await run('session', 'show', CODE)).out).toMatch(/^state {9}locked-out/);
  expect((await run('session', 'unlock', CODE)).out).toBe(`${CODE}: logins are allowed again.\n`);
  expect((await run('session', 'show', CODE)).out).toMatch(/^state {9}live, expires in \d+ min/);
});

test('retire says when there was nothing to retire', async () => {
  const { out } = await run('credentials', 'retire', CODE);
  expect(out).toBe(`${CODE}: there was no previous version.\n`);
});

test('whoever reads may stop reading: a closed pipe is no failure', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'gatehouse.mjs'), '--help'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, err]).toEqual([0, '']);
});

/** Anything but what ends a line. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

test('what a platform or a colleague has written does not reach the terminal as a command (H13)', async () => {
  const escapes = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202Etxt\r\u007f';
  const platform = await startPeer((request, response) => {
    response.writeHead(302, { location: '/%1b[2J', 'content-type': 'text/html; charset=utf-8' });
    response.end(request.method === 'GET' ? '' : `${escapes}\nHOSTILE: logged in.\n`);
  });
  const auth = {
    type: 'SESSION',
    login: {
      submit: {
        path: '/login',
        fields: { user: '{{credentials.username}}', hint: `{{credentials.username}}${escapes}` },
      },
      success: { status: 200, cookie: 'inside' },
      failures: [{ when: { status: 302 }, error: 'PLATFORM_UNAVAILABLE' }],
    },
  };
  const credentials = { username: 'someone' };
  await gatehouse.register(
    { code: 'HOSTILE', name: `Hostile ${escapes}`, baseUrl: platform.url, auth },
    credentials,
  );
  for (const name of [
    `key ${escapes}`,
    ...naughtyStrings.filter((text) => UNSEEN.test(text) && text.length < 100),
  ]) {
    await gatehouse.ask('POST', '/v1/admin/keys', { body: { name, role: 'caller' } });
  }

  const login = await run('login', 'HOSTILE', '--dry-run');
  const outputs = [
    login,
    await run('--json', 'login', 'HOSTILE', '--dry-run'),
    await run('keys', 'list'),
    await run('--json', 'keys', 'list'),
    await run('session', 'show', `X${escapes}`),
  ];
  await platform.stop();
  for (const { out, err } of outputs) expect(out + err).not.toMatch(UNSEEN);
  expect(login.out).toContain(
    '\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u202etxt\\u000d\\u007f\\u000aHOSTILE',
  );
  expect(login.out).not.toMatch(/^HOSTILE: logged in/m);
  const keys = JSON.parse(outputs[3]!.out) as { items: { name: string }[] };
  expect(keys.items.map(({ name }) => name)).toContain(`key ${escapes}`);
});

test('a file that is no recording is refused with its reason (R13)', async () => {
  const notes: [string, RegExp][] = [
    [file('object.har', {}), /object\.har: This is not a HAR file/],
    [file('empty.har', { log: { entries: [] } }), /no form with a password/],
    [folder, /cannot be read/],
    [join(folder, 'absent.har'), /not found/],
  ];
  for (const [path, reason] of notes) {
    const { code, out, err } = await run('recipe', '--har', path);
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(reason);
    expect(err.trim().split('\n')).toHaveLength(1);
  }
});

test('a service without a session is unlocked as well: what is paused is its key (R8)', async () => {
  const peer = await startPeer((_request, response) => sendJson(response, {}, 401));
  try {
    const code = 'CLI_KEYED';
    const operations = { list: { method: 'GET', path: '/list' } };
    await gatehouse.register(
      { code, name: code, baseUrl: peer.url, auth: { type: 'BEARER' }, operations },
      { token: 'wrong' },
    );
    for (let i = 0; i < 4; i += 1) await gatehouse.call(code, 'list');
    const doctor = await run('doctor');
    expect(doctor.out).toMatch(new RegExp(`FAIL {2}${code}: .*refused its credentials 3 times in a row`));
    expect(await run('session', 'unlock', code)).toMatchObject({
      code: 0,
      out: `${code}: its credentials may be sent again.\n`,
    });
    await gatehouse.call(code, 'list');
    expect(peer.seen).toHaveLength(4);
  } finally {
    await peer.stop();
  }
});

test('several accounts: each is shown, called, locked and unlocked by name', async () => {
  const peer = await startPeer((request, response) => {
    if (request.url === '/login' && request.body.includes('wrong')) response.end('wrong');
    else if (request.url === '/login') {
      response.writeHead(302, { location: '/', 'set-cookie': `sid=${peer.seen.length}; Path=/` }).end();
    } else sendJson(response, { ok: true });
  });
  try {
    const code = 'CLI_ACCOUNTS';
    const submit = { path: '/login', fields: { pass: '{{credentials.password}}' } };
    const failures = [{ when: { text: { includes: 'wrong' } }, error: 'AUTHENTICATION_FAILED' }];
    await gatehouse.register({
      code,
      name: code,
      baseUrl: peer.url,
      operations: { list: { method: 'GET', path: '/list' } },
      auth: {
        type: 'SESSION',
        login: { submit, success: { status: 302 }, failures },
        lockout: { failures: 1, seconds: 600 },
      },
    });
    const accounts = { north: { password: 'wrong' }, south: { password: 'right' } };
    await run('credentials', 'set', code, file('accounts.json', { accounts }));

    const called = await run('call', code, 'list', '--account', 'south');
    expect(called.out).toMatch(/1 request, account south\n$/);
    const refused = await run('login', code, '--account', 'north');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`${code}/north`)]);
    expect((await run('login', code)).err).toContain('one of north, south');

    const shown = await run('session', 'show', code);
    expect(shown.out).toMatch(
      /^account {2}session {5}expiresAt .*lockedUntil .*uses\nnorth .*locked-out.* 0\n/,
    );
    expect((await run('session', 'show', code, '--account', 'south')).out).toMatch(/^state {9}live/);
    const doctor = await run('doctor');
    expect(doctor.out).toMatch(
      new RegExp(`FAIL {2}${code}: north: logins were refused.*session unlock ${code} --account north`),
    );
    const unlock = (...names: string[]) => run('session', 'unlock', code, ...names);
    expect((await unlock('--account', 'north')).out).toBe(`${code}/north: logins are allowed again.\n`);
    expect((await unlock()).out).toBe(`${code}: logins of all accounts are allowed again.\n`);
    expect((await unlock('--account', 'west')).err).toContain('account: is no account of');
    const ended = await run('session', 'invalidate', code, '--account', 'south');
    expect(ended.out).toBe(`${code}/south: the session is invalidated.\n`);
    const ok = await run('doctor');
    expect(ok.out).toContain(`ok    ${code}: ACTIVE, session north none, south none`);
  } finally {
    await peer.stop();
  }
});

test('keys: limited to scopes and a time, as the list says', async () => {
  const limits = ['--scope', `${CODE}:getUserInfo`, '--scope', 'money:read', '--expires', '90d'];
  const made = await run('keys', 'create', 'limited', ...limits);
  const [key, told] = made.out.split('\n');
  expect([made.code, key]).toEqual([0, expect.stringMatching(/^gh_/)]);
  expect(told).toMatch(
    new RegExp(`^Key \\w+ \\(caller, only ${CODE}:getUserInfo money:read, until 20\\d\\d-[^ ]+Z\\)`),
  );
  const listed = await run('keys', 'list');
  expect(listed.out).toMatch(/^id +name +role +scopes +expiresAt +createdAt +createdBy\n/);
  expect(listed.out).toMatch(new RegExp(`limited +caller +${CODE}:getUserInfo money:read +20`));
  const wrong = await run('keys', 'create', 'x', '--scope', 'money:read', '--scope', CODE);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('scopes.1: must be CODE:operation')]);
  expect((await run('keys', 'create', 'x', '--expires', 'soon')).err).toContain('--expires');
});

const logIn = (username: string, password: string) =>
  gatehouse.ask('POST', '/v1/session', { key: null, body: { username, password } });

test('users: created, listed, disabled, enabled, with another password and role', async () => {
  const [first, second] = ['a first long password', 'a second long password'];
  const options = ['--role', 'operator', '--password-stdin'];
  const outputs = [
    await runWithInput(`${first}\n`, 'users', 'create', 'cli-ann', ...options),
    await run('users', 'role', 'cli-ann', 'viewer'),
    await run('users', 'list'),
    await run('users', 'disable', 'cli-ann'),
  ];
  expect((await logIn('cli-ann', first)).status).toBe(401);
  outputs.push(await run('users', 'enable', 'cli-ann'));
  expect((await logIn('cli-ann', first)).at('user.role')).toBe('viewer');
  outputs.push(await runWithInput(`${second}\r\n`, 'users', 'passwd', 'cli-ann', '--password-stdin'));
  expect((await logIn('cli-ann', first)).status).toBe(401);
  expect((await logIn('cli-ann', second)).status).toBe(200);
  expect(outputs.map(({ code, err }) => [code, err])).toEqual(outputs.map(() => [0, '']));
  expect(outputs.map(({ out }) => out)).toEqual([
    'cli-ann may log in (operator).\n',
    'cli-ann is viewer. In force within 5 s.\n',
    expect.stringMatching(/^username +role +state +createdAt +id\ncli-ann +viewer +enabled +20/),
    'cli-ann is disabled. In force within 5 s.\n',
    'cli-ann is enabled. In force within 5 s.\n',
    'cli-ann has another password; open sessions end within 5 s.\n',
  ]);

  const taken = await runWithInput(first, 'users', 'create', 'cli-ann', ...options);
  expect([taken.code, taken.err]).toEqual([1, expect.stringContaining('ALREADY_EXISTS')]);
  const short = await runWithInput('canary', 'users', 'create', 'cli-bob', ...options);
  expect([short.code, short.err]).toEqual([1, expect.stringContaining('password: must have 12 characters')]);
  expect(short.err).not.toContain('canary');
  expect((await run('users', 'disable', 'nobody')).err).toBe('There is no user nobody.\n');
  const unasked = await runWithInput('', 'users', 'create', 'cli-bob');
  expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('--password-stdin')]);
});

/** util-linux's `script` gives a process a terminal. */
const terminal = existsSync('/usr/bin/script') && process.platform === 'linux';

test.runIf(terminal)('a password is asked for on the terminal, twice, and not shown', async () => {
  const typed = async (...lines: string[]) => {
    const command = `'${process.execPath}' '${join(ROOT, 'bin', 'gatehouse.mjs')}' users create cli-tty`;
    const env = { ...process.env, GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
    const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { env });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      const prompts = shown.match(/(?:Password for cli-tty|The same again): /g)?.length ?? 0;
      while (lines.length > 0 && prompts > asked) {
        asked += 1;
        child.stdin.write(`${lines.shift()}\r`);
      }
    });
    let asked = 0;
    const [code] = (await once(child, 'close')) as [number];
    return { code, shown };
  };
  const differing = await typed('canary-canary-1', 'canary-canary-2');
  expect([differing.code, differing.shown]).toEqual([3, expect.stringContaining('two different passwords')]);
  const same = await typed('canary-canary-1', 'canary-canary-1');
  expect([same.code, same.shown]).toEqual([0, expect.stringContaining('cli-tty may log in (viewer).')]);
  expect(differing.shown + same.shown).not.toContain('canary');
  const ended = await typed('\u0003');
  expect([ended.code, ended.shown]).toEqual([3, expect.stringContaining('No password was given')]);
});

test('subscriptions: made, tested, read, replayed, rotated, switched and deleted', async () => {
  const peer = await startPeer((_request, response) => void response.writeHead(204).end());
  const made = await run('subscriptions', 'create', `${peer.url}/hooks`, '-e', 'transfer.*', '-e', 'user.*');
  const [secret, told] = made.out.split('\n');
  expect([made.code, secret]).toEqual([0, expect.stringMatching(/^whsec_/)]);
  const id = /subscription (\w+)\./.exec(told!)![1]!;
  const outputs = [
    await run('subscriptions', 'list'),
    await run('subscriptions', 'show', id),
    await run('subscriptions', 'deliveries', id, '--state', 'dead'),
    await run('subscriptions', 'replay', id, '--failed'),
    await run('subscriptions', 'disable', id),
    await run('subscriptions', 'enable', id),
    await run('subscriptions', 'test', id),
  ];
  expect(outputs.map(({ code }) => code)).toEqual(outputs.map(() => 0));
  expect(outputs.map(({ out }) => out).join('\n')).not.toContain(secret);
  expect(outputs[0]!.out).toContain(`${peer.url}/hooks  transfer.* user.*`);
  expect(outputs[3]!.out).toContain('0 events will be sent again.');
  expect(outputs[6]!.out).toContain('The test event was taken: 204');
  expect(peer.seen).toHaveLength(1);
  const rotated = await run('subscriptions', 'rotate', id);
  expect(rotated.out.split('\n')[0]).not.toBe(secret);
  await peer.stop();
  const refused = await run('subscriptions', 'test', id);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('was not taken: REFUSED')]);
  expect((await run('subscriptions', 'replay', id)).code).toBe(2);
  expect((await run('subscriptions', 'create', 'http://10.0.0.1/', '-e', '*')).code).toBe(1);
  expect((await run('subscriptions', 'delete', id)).code).toBe(0);
  expect((await run('subscriptions', 'show', id)).code).toBe(1);
});

test('alerts: listed, acknowledged; channels added without a secret on the command line, tested, removed', async () => {
  const peer = await startPeer((_request, response) => void response.end('{"errcode":0,"errmsg":"ok"}'));
  const robot = `${peer.url}/robot/send?access_token=canary-token`;
  const added = await runWithInput(
    `${robot}\nSECcanary-secret\n`,
    'alerts',
    'channels',
    'add',
    'on call',
    '-t',
    'DINGTALK',
    '--secret-stdin',
    '--severity',
    'critical',
  );
  expect([added.err, added.code]).toEqual(['', 0]);
  const id = /Channel (\w+) is there/.exec(added.out)![1]!;
  const listed = await run('alerts', 'channels', 'list');
  expect(listed.out).toContain('on call  DINGTALK  ok     critical');
  expect(listed.out).toContain('access_token=***');
  const tested = await run('alerts', 'channels', 'test', id);
  expect([tested.code, tested.out]).toEqual([0, expect.stringContaining('The test message was taken: 200')]);
  expect(peer.seen[0]!.url).toMatch(/&timestamp=\d{13}&sign=/);
  peer.answer((_request, response) => void response.end('{"errcode":310000,"errmsg":"sign not match"}'));
  const refused = await run('alerts', 'channels', 'test', id);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('errcode 310000: sign not match')]);
  expect((await run('alerts', 'channels', 'list')).out).toContain('failing (1)');
  expect((await run('doctor')).out).toContain('warn  alerts: on call fails (errcode 310000');
  const everything = [added, listed, tested, refused].map(({ out, err }) => out + err).join('\n');
  expect(everything).not.toContain('canary');
  const hook = await run('alerts', 'channels', 'add', 'hook', `${peer.url}/hook`, '-t', 'WEBHOOK');
  expect(hook.out).toMatch(/^whsec_/);
  for (const args of [['-t', 'PIGEON'], ['-t', 'SLACK', '--severity', 'loud'], []]) {
    expect((await run('alerts', 'channels', 'add', 'x', 'https://example.com/x', ...args)).code).toBe(2);
  }
  expect((await run('alerts', 'channels', 'add', 'x', 'http://10.0.0.1/', '-t', 'SLACK')).code).toBe(1);
  expect((await run('alerts', 'channels', 'remove', id)).code).toBe(0);
  expect((await run('alerts', 'channels', 'remove', id)).code).toBe(1);
  const [alerts, unknown] = [await run('alerts', 'list', '--json'), await run('alerts', 'ack', 'alr_none')];
  expect([alerts.code, unknown.code, JSON.parse(alerts.out)]).toEqual([0, 1, { items: expect.any(Array) }]);
  await peer.stop();
});
