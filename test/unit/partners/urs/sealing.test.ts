import { expect, test } from 'vitest';
import type { CredentialStore, CredentialVersion } from '../../../../lib/access/credentials/credentials.ts';
import { createSealing } from '../../../../lib/partners/urs/sealing.ts';
import { readAnswer } from '../../../../lib/definition/predicate/answer.ts';
import { Definition } from '../../../../lib/registry/definition.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { prepareKey, sealEnvelope } from '../../../../lib/partners/urs/envelope.ts';
import { IV, NOW } from './sealed.ts';

const definition = Definition.parse({
  code: 'URS_SEALING',
  name: 'URS',
  baseUrl: 'https://urs.example.com',
  auth: { type: 'SIGNATURE' },
});
const service = { definition, revision: 1, createdAt: '', updatedAt: '' };
const clock = { now: () => NOW * 1_000 + 999, sleep: async () => undefined };

const version = (versionId: string): CredentialVersion => ({
  versionId,
  values: { appKey: `key ${versionId}` },
});
const sealedBy = (versionId: string, text = '{"a":1.0}') =>
  sealEnvelope(text, prepareKey(`key ${versionId}`, versionId), { nowSeconds: NOW, iv: IV });

/** What is in the secret, what of it this process has cached, and what was counted. */
function store(stored: CredentialVersion[], cached = stored) {
  let seen = cached;
  const uses: string[] = [];
  const credentials: Pick<CredentialStore, 'current' | 'valid' | 'used' | 'forget'> = {
    current: async () => seen[0]!,
    valid: async () => seen,
    used: (_, versionId) => void uses.push(versionId),
    forget: () => void (seen = stored),
  };
  return { credentials: credentials as CredentialStore, uses };
}

const answer = (body: unknown, status = 200) =>
  readAnswer({
    status,
    headers: { 'content-type': 'text/html; charset=gbk', 'content-length': '9' },
    setCookies: [],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

test('an answer is opened whatever its status and content type, and says so as JSON', async () => {
  const { credentials, uses } = store([version('v2'), version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  const opened = await sealing.open(answer(sealedBy('v1', '{"名":1.0}'), 422));
  expect([opened.status, opened.text(), opened.headers]).toEqual([
    422,
    '{"名":1.0}',
    { 'content-type': 'application/json; charset=utf-8' },
  ]);
  expect(uses).toEqual(['v2', 'v1']);
});

test('an answer keeps its other headers and its cookies', async () => {
  const { credentials, uses } = store([version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  const opened = await sealing.open(
    readAnswer({
      status: 200,
      headers: { 'content-type': 'text/html', 'content-length': '9', etag: 'e' },
      setCookies: ['a=1', 'b=2'],
      body: Buffer.from(JSON.stringify(sealedBy('v1'))),
    }),
  );
  expect(opened.headers).toEqual({ 'content-type': 'application/json; charset=utf-8', etag: 'e' });
  expect(opened.setCookies).toEqual(['a=1', 'b=2']);
  // The call has been counted already.
  expect(uses).toEqual(['v1']);
});

test('an answer that is no envelope stays the very same', async () => {
  const { credentials } = store([version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  for (const body of ['', '<html>', '{"data":{"sign":1}}', '{"sign":"Aries","data":[]}', '[]']) {
    const plain = answer(body);
    expect(await sealing.open(plain)).toBe(plain);
  }
});

test('E15: a key rotated elsewhere is read again, once, and only for a sign that does not hold', async () => {
  const { credentials, uses } = store([version('v2'), version('v1')], [version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  expect((await sealing.open(answer(sealedBy('v2')))).text()).toBe('{"a":1.0}');
  expect(uses).toEqual(['v1', 'v2']);
  await expect(sealing.open(answer(sealedBy('v3'), 201))).rejects.toMatchObject({
    code: 'PLATFORM_API_ERROR',
    message: 'URS_SEALING answered with an invalid envelope.',
    retryable: false,
    mayHaveHadEffect: true,
    upstream: { status: 201, body: null },
    internal: { cause: 'SIGNATURE' },
  });
});

test('what is sealed is JSON, and says so; the headers repeat it', async () => {
  const { credentials } = store([version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  const { body, contentType, headers } = sealing.seal('{}');
  expect([contentType, headers['x-encrypted-data']]).toEqual(['application/json', body.toString()]);
});

test('each seal has an iv of its own and the second it was made in', async () => {
  const { credentials } = store([version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  const bodies = [1, 2, 3].map(
    () => JSON.parse(sealing.seal('{}').body.toString()) as { iv: string; timestamp: number },
  );
  expect(new Set(bodies.map(({ iv }) => iv)).size).toBe(3);
  expect(bodies.map(({ timestamp }) => timestamp)).toEqual([NOW, NOW, NOW]);
});

test('H11: what was sealed here is refused as an answer and as a delivery, and says nothing without the key', async () => {
  const { credentials } = store([version('v2'), version('v1')], [version('v1')]);
  const sealing = await createSealing(service, { credentials, clock, random: systemRandom });
  const ours = JSON.parse(sealing.seal('{"a":1}').body.toString()) as { iv: string };
  await expect(sealing.open(answer(ours))).rejects.toMatchObject({
    code: 'PLATFORM_API_ERROR',
    internal: { cause: 'REFLECTED' },
  });
  const iv = Buffer.from(ours.iv, 'base64');
  expect(prepareKey('key v1', 'v1').isMarked(iv)).toBe(true);
  expect(prepareKey('key v2', 'v2').isMarked(iv)).toBe(false);
  for (let at = 0; at < iv.length; at++) {
    const changed = Buffer.from(iv);
    changed[at]! ^= 1;
    expect(prepareKey('key v1', 'v1').isMarked(changed)).toBe(false);
  }
});
