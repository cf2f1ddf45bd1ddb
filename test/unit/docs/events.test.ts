/** The ways to verify a signature that the page shows, tried with what the package signs. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../../lib/vendors/standard-webhooks/sign.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/users/events.md'), 'utf8');
const code = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!;

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [secret, former] = [newSecret(), newSecret()];
const body = '{"type":"transfer.settled","data":{"amount":"1.5","name":"王芳"}}';
const signed = (at = Date.now()) => signedHeaders([secret, former], { id: 'evt_1', at, body });
type Case = { headers: Record<string, string>; body: string; secret: string };
const CASES: [holds: boolean, Case][] = [
  [true, { headers: signed(), body, secret }],
  [true, { headers: signed(), body, secret: former }],
  [false, { headers: signed(), body: body.replace('1.5', '9.5'), secret }],
  [false, { headers: signed(), body, secret: newSecret() }],
  [false, { headers: signed(Date.now() - 400_000), body, secret }],
];
const EXPECTED = CASES.map(([holds]) => holds);

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-verify-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
function run(command: string, file: string, program: string): unknown {
  writeFileSync(join(dir, file), program);
  const input = JSON.stringify(CASES.map(([, one]) => one));
  const { stdout, stderr } = spawnSync(command, [join(dir, file)], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}
const missing = (command: string) => spawnSync(command, ['--version']).status !== 0;

describe('the page verifies', () => {
  it('in Node', () => {
    const program = `${code('js')}
      import { readFileSync } from 'node:fs';
      const cases = JSON.parse(readFileSync(0, 'utf8'));
      console.log(JSON.stringify(cases.map(({ headers, body, secret }) => verified(headers, body, secret))));`;
    expect(run(process.execPath, 'verify.mjs', program)).toEqual(EXPECTED);
  });

  it.skipIf(missing('python3'))('in Python', () => {
    const program = `${code('python')}
import json, sys
print(json.dumps([verified(c["headers"], c["body"].encode(), c["secret"]) for c in json.load(sys.stdin)]))`;
    expect(run('python3', 'verify.py', program)).toEqual(EXPECTED);
  });

  it.skipIf(missing('php'))('in PHP', () => {
    const program = `<?php ${code('php')}
$cases = json_decode(file_get_contents('php://stdin'), true);
echo json_encode(array_map(fn($c) => verified($c['headers'], $c['body'], $c['secret']), $cases));`;
    expect(run('php', 'verify.php', program)).toEqual(EXPECTED);
  });
});
