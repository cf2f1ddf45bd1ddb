import { execFileSync, spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExact } from '../../../../lib/text/json/exact.ts';
import { openEnvelope, prepareKey, sealEnvelope } from '../../../../lib/partners/urs/envelope.ts';

const present = spawnSync('php', ['-r', 'exit(extension_loaded("openssl") ? 0 : 1);']).status === 0;
if (!present) process.stdout.write('skipped: no php with openssl here\n');

/** URS's own code (seed of this product): seals or opens each job, one process for all of them. */
const CRYPTO_SERVICE = String.raw`
$jobs = json_decode(stream_get_contents(STDIN), true);
$answers = [];
foreach ($jobs as $job) {
  $key = base64_decode($job['key']);
  if (isset($job['payload'])) {
    $iv = random_bytes(16);
    $timestamp = time();
    $json = json_encode(json_decode($job['payload'], true), JSON_UNESCAPED_UNICODE | ($job['flags'] ?? 0));
    $data = base64_encode(openssl_encrypt($json, 'AES-256-CBC', $key, OPENSSL_RAW_DATA, $iv));
    $iv = base64_encode($iv);
    $sign = hash('sha256', $data . $iv . $timestamp . $key);
    $envelope = json_encode(['data' => $data, 'iv' => $iv, 'timestamp' => $timestamp, 'sign' => $sign]);
    $answers[] = ['plaintext' => base64_encode($json), 'envelope' => $envelope];
    continue;
  }
  $e = json_decode($job['envelope'], true);
  $sign = hash('sha256', $e['data'] . $e['iv'] . $e['timestamp'] . $key);
  $plain = hash_equals($sign, $e['sign'])
    ? openssl_decrypt(base64_decode($e['data']), 'AES-256-CBC', $key, OPENSSL_RAW_DATA, base64_decode($e['iv']))
    : false;
  $answers[] = ['plaintext' => $plain === false ? null : base64_encode($plain)];
}
echo json_encode($answers);
`;

type Job = { key: string; payload?: string; flags?: number; envelope?: string };
type PhpAnswer = { plaintext: string | null; envelope?: string };

function php(jobs: Job[]): PhpAnswer[] {
  const encoded = jobs.map((job) => ({ ...job, key: Buffer.from(job.key).toString('base64') }));
  const input = JSON.stringify(encoded);
  return JSON.parse(
    execFileSync('php', ['-r', CRYPTO_SERVICE], { input, maxBuffer: 50_000_000 }).toString(),
  ) as PhpAnswer[];
}

const text = (base64: string | null | undefined) => Buffer.from(base64 ?? '', 'base64').toString('utf8');
const KEYS = [
  'k',
  'k'.repeat(20),
  'k'.repeat(31),
  'k'.repeat(32),
  'k'.repeat(33),
  'k'.repeat(64),
  '密钥'.repeat(6),
];
const PRESERVE_ZERO_FRACTION = 1024;

describe.skipIf(!present)('real PHP on the other side', () => {
  test('E10, E13, E14: what openssl_encrypt seals opens here, to the byte', () => {
    const payloads = [
      '{"userId":10002,"usdtAmount":10.0,"transactionId":"urs/2026/1"}',
      '{"usdtAmount":1.0e-10,"nickname":"农场主🌾"}',
      '{"a":"\\u2028\\u0000","b":[],"c":{"__proto__":1}}',
      ...fc.sample(fc.json({ maxDepth: 4 }), { numRuns: 50, seed: 4 }),
    ];
    const jobs = KEYS.flatMap((key) =>
      payloads.map((payload) => ({ key, payload, flags: PRESERVE_ZERO_FRACTION })),
    );
    const answers = php(jobs);
    let opened = 0;
    answers.forEach(({ plaintext, envelope }, index) => {
      const options = { nowSeconds: Math.floor(Date.now() / 1_000), windowSeconds: 300 };
      const keys = [prepareKey(jobs[index]!.key, 'v1')];
      expect(openEnvelope(parseExact(envelope!), { ...options, keys }).text).toBe(text(plaintext));
      opened += 1;
    });
    expect(opened).toBe(jobs.length);
    // PHP itself printed the exponent form that money must survive.
    expect(text(answers[1]!.plaintext)).toContain('"usdtAmount":1.0e-10');
  });

  test('E10, E14: what is sealed here openssl_decrypt opens, to the byte', () => {
    const texts = ['{"userKey":"$2y$10$i.h97m13olfIaU"}', ...fc.sample(fc.json(), { numRuns: 50, seed: 4 })];
    const jobs = KEYS.flatMap((key) =>
      texts.map((plain, index) => ({
        key,
        plain,
        envelope: JSON.stringify(
          sealEnvelope(plain, prepareKey(key, 'v1'), {
            nowSeconds: 1_767_225_600,
            iv: Buffer.alloc(16, index),
          }),
        ),
      })),
    );
    const answers = php(jobs.map(({ key, envelope }) => ({ key, envelope })));
    expect(answers.map(({ plaintext }) => text(plaintext))).toEqual(jobs.map(({ plain }) => plain));
  });
});
