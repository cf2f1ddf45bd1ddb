/** What the page about clients shows in Python, PHP and TypeScript, run against the running stack as it stands there. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../gatehouse.ts';
import { sendJson } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import { withPeer } from '../../with-peer.ts';
import { LANGUAGES } from './drivers.ts';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/users/client.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code!);
const isMissing = (name: string) => !LANGUAGES.some((one) => one.name === name && one.present);

let gatehouse: Gatehouse;
let peer: Peer;
withPeer((both) => ({ gatehouse, peer } = both));

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-page-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(command: string, file: string, program: string, input: object = {}): Promise<string> {
  writeFileSync(join(dir, file), program);
  const env = {
    ...process.env,
    GATEHOUSE_KEY: gatehouse.stack.adminKey,
    INPUT: JSON.stringify(input),
    PYTHONPATH: join(ROOT, 'clients/python'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const { stdout, stderr } = await promisify(execFile)(command, [join(dir, file)], { env });
  expect(stderr).toBe('');
  return stdout;
}

describe('calls', () => {
  async function platform(): Promise<void> {
    const operations = {
      getUserInfo: { method: 'GET', path: '/api/user/{{params.userId}}' },
      submitOrder: { method: 'POST', path: '/api/order', body: 'json' },
    };
    await gatehouse.register({
      code: 'CITY_CENTER_WORK_ORDER',
      name: 'Work orders',
      baseUrl: peer.url,
      auth: { type: 'NONE' },
      allowedPaths: ['/api/*'],
      operations,
    });
    peer.answer(({ url }, response) => {
      if (url === '/api/file/sample') response.writeHead(200, { 'content-type': 'image/png' }).end('12345');
      else sendJson(response, { data: {} });
    });
  }
  const seen = () => peer.seen.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`);
  const ORDERED = 'POST /api/order {"title":"路灯不亮"}';

  test.skipIf(isMissing('Python'))('in Python', async () => {
    await platform();
    const code = blocks('python')[0]!.replace('http://127.0.0.1:3000', gatehouse.url);
    expect(await run('python3', 'page.py', code)).toContain('200 image/png 5\n');
    expect(seen()).toEqual(['GET /api/user/10002 ', ORDERED, 'GET /api/file/sample ']);
    expect(peer.seen[1]!.headers['idempotency-key']).toBe('ticket-4711');
  });

  test.skipIf(isMissing('PHP'))('in PHP', async () => {
    await platform();
    const file = join(ROOT, 'clients/php/Gatehouse.php');
    const code = blocks('php')[0]!
      .replace('http://127.0.0.1:3000', gatehouse.url)
      .replace("__DIR__ . '/Gatehouse.php'", JSON.stringify(file));
    expect(await run('php', 'page.php', `<?php\n${code}`)).toContain('200 image/png 5\n');
    // Of an order with this key it has been told before where Python is here.
    expect(seen().filter((one) => one !== ORDERED)).toEqual([
      'GET /api/user/10002 ',
      'GET /api/file/sample ',
    ]);
  });
});

describe('events', () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
  const at = new Date();
  const body = '{"type":"user.registered","timestamp":"2026-11-21T05:20:00.412Z","data":{"uid":7}}';
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('evt_1', at, body),
  };
  const input = { headers, body, secrets: [secret] };

  test('in TypeScript', async () => {
    const client = join(ROOT, 'client/index.ts');
    const code = `${blocks('ts').at(-1)!.replace('gatehouse/client', client)}
      const { headers, body, secrets } = JSON.parse(process.env['INPUT']!);
      const answer = await events(new Request('http://x', { method: 'POST', headers, body }), secrets);
      console.log(answer.status);`;
    expect(await run(process.execPath, 'events.mts', code, input)).toBe(
      'evt_1 user.registered { uid: 7 }\n204\n',
    );
  });

  test.skipIf(isMissing('Python'))('in Python', async () => {
    const code = `${blocks('python').at(-1)!}
import json, os
given = json.loads(os.environ["INPUT"])
events(given["headers"], given["body"].encode(), given["secrets"])`;
    expect(await run('python3', 'events.py', code, input)).toBe("evt_1 user.registered {'uid': 7}\n");
  });

  test.skipIf(isMissing('PHP'))('in PHP', async () => {
    const code = `<?php
require ${JSON.stringify(join(ROOT, 'clients/php/Gatehouse.php'))};
${blocks('php').at(-1)!}
events(...json_decode(getenv('INPUT'), true));`;
    expect(await run('php', 'events.php', code, input)).toBe('evt_1 user.registered {"uid":7}\n');
  });
});
