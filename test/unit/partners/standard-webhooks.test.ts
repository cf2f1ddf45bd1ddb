/** Standard Webhooks, as the project's own package writes them. */
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { CredentialVersion } from '../../../lib/access/credentials/credentials.ts';
import { standardWebhooks } from '../../../lib/partners/standard-webhooks/protocol.ts';
import { keyOf } from '../../../lib/partners/standard-webhooks/secret.ts';

const NOW = 1_795_240_326;
const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NEW = `whsec_${Buffer.from('another key, of another version!').toString('base64')}`;
const config = { type: 'STANDARD_WEBHOOKS' } as const;
const version = (versionId: string, webhookSecret: string): CredentialVersion => ({
  versionId,
  values: { webhookSecret },
});
const both = [version('new', NEW), version('old', OLD)];

interface Given {
  secret?: string;
  id?: string;
  at?: number;
  body?: string;
  headers?: Record<string, string>;
  versions?: readonly CredentialVersion[];
}

const signatureOf = ({ secret = OLD, id = 'msg_1', at = NOW, body = '{"a":1}' }: Given = {}) =>
  new Webhook(secret).sign(id, new Date(at * 1_000), body);

function verify({ headers = {}, versions = both, ...given }: Given = {}) {
  const { id = 'msg_1', at = NOW, body = '{"a":1}' } = given;
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': signatureOf(given),
  };
  const request = { action: '', headers: { ...signed, ...headers }, body: Buffer.from(body) };
  const message = standardWebhooks.read(request, config);
  return standardWebhooks.verify(
    message,
    { code: 'SHOP', versions, nowSeconds: NOW, windowSeconds: 300 },
    config,
  );
}

const cause = (given: Given) => {
  try {
    return verify(given);
  } catch (error) {
    return (error as Error).cause;
  }
};

describe('what the package has signed', () => {
  it.each(['{"a":1}', '', '{"名":"电缆 ✓"}', 'x'.repeat(250_000)])('holds, byte for byte: %.20s', (body) => {
    expect(verify({ body })).toEqual({ keyVersionId: 'old', sentAt: NOW, id: 'msg_1' });
    const tampered = { body, headers: { 'webhook-signature': signatureOf({ body: `${body} ` }) } };
    expect(cause(tampered)).toBe('SIGNATURE');
  });

  it('holds by either key of a rotation, and says which', () => {
    expect(verify({ secret: NEW }).keyVersionId).toBe('new');
    expect(verify({ secret: OLD }).keyVersionId).toBe('old');
    expect(cause({ secret: OLD, versions: both.slice(0, 1) })).toBe('SIGNATURE');
  });

  it('holds when one of several signatures does', () => {
    const [ours, other] = [signatureOf(), signatureOf({ body: 'other' })];
    for (const header of [`${other} ${ours}`, `v1a,abc= ${ours}`, `${other},${ours}`, ` ${ours} `]) {
      expect(verify({ headers: { 'webhook-signature': header } }).keyVersionId).toBe('old');
    }
    expect(cause({ headers: { 'webhook-signature': `${other} ${other}` } })).toBe('SIGNATURE');
  });

  it('belongs to its id and its time', () => {
    expect(cause({ headers: { 'webhook-id': 'msg_2' } })).toBe('SIGNATURE');
    expect(cause({ headers: { 'webhook-timestamp': String(NOW + 1) } })).toBe('SIGNATURE');
    expect(cause({ at: NOW - 301 })).toBe('EXPIRED');
    expect(cause({ at: NOW + 301 })).toBe('EXPIRED');
    expect([NOW - 300, NOW + 300].map((at) => verify({ at }).sentAt)).toEqual([NOW - 300, NOW + 300]);
  });
});

describe('what is no such request', () => {
  it.each([
    ['no id', { 'webhook-id': '' }],
    ['a long id', { 'webhook-id': 'x'.repeat(257) }],
    ['a fraction', { 'webhook-timestamp': `${NOW}.0` }],
    ['an exponent', { 'webhook-timestamp': '1.79e9' }],
    ['a far time', { 'webhook-timestamp': '1000000000000000000' }],
    ['a sign', { 'webhook-timestamp': `+${NOW}` }],
    ['given twice', { 'webhook-timestamp': `${NOW},${NOW}` }],
    ['no signature', { 'webhook-signature': '' }],
    ['another version', { 'webhook-signature': signatureOf().replace('v1', 'v2') }],
    ['no base64', { 'webhook-signature': 'v1,?' }],
    ['a long list', { 'webhook-signature': Array.from({ length: 17 }, () => signatureOf()).join(' ') }],
  ])('%s is MALFORMED', (_what, headers) => {
    expect(cause({ headers })).toBe('MALFORMED');
  });

  it('a signature cut or grown is SIGNATURE', () => {
    for (const header of ['v1,AAAA', `${signatureOf()}=`, 'v1,A'.padEnd(9_000, 'A')]) {
      expect(cause({ headers: { 'webhook-signature': header } })).toBe('SIGNATURE');
    }
  });
});

describe('secrets', () => {
  it('are base64 after whsec_', () => {
    expect(keyOf(OLD)).toHaveLength(24);
    expect(keyOf(NEW.replace(/=+$/, ''))).toEqual(keyOf(NEW));
    for (const wrong of [
      '',
      'whsec_',
      OLD.slice(6),
      'whsec_ä',
      'whsec_a b',
      'whsec_A',
      'whsec_AB',
      'WHSEC_AAAA',
    ]) {
      expect([wrong, keyOf(wrong)]).toEqual([wrong, undefined]);
      expect(standardWebhooks.credentialProblem!('webhookSecret', wrong)).toMatch(/whsec_/);
    }
    expect(standardWebhooks.credentialProblem!('webhookSecret', OLD)).toBeUndefined();
    expect(standardWebhooks.credentialProblem!('appKey', 'x')).toBeUndefined();
  });

  it('that are not there are a mistake of the configuration, in the current version only', () => {
    const none: CredentialVersion = { versionId: 'none', values: { appKey: 'x' } };
    expect(verify({ versions: [version('old', OLD), none] }).keyVersionId).toBe('old');
    expect(() => verify({ versions: [none, version('old', OLD)] })).toThrow(
      'SHOP: {{credentials.webhookSecret}} is missing.',
    );
    expect(() => verify({ versions: [version('odd', 'no key')] })).toThrow(/is no key/);
  });
});
