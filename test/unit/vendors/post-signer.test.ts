import { expect, it } from 'vitest';
import { postSigner } from '../../../lib/vendors/aws-signature/post-signer.ts';
import { signForAws } from '../../../lib/vendors/aws-signature/sign.ts';

const NOON = Date.parse('2026-11-21T12:00:00.123Z');
const DAY = 86_400_000;
const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** By Smithy's signer. */
async function reference(
  signer: Parameters<typeof postSigner>[0],
  host: string,
  headers: Record<string, string>,
  body: string,
  now: number,
) {
  const request = { method: 'POST', url: `https://${host}/`, headers, body: Buffer.from(body) };
  return (await signForAws(request, signer, now)).headers['authorization'];
}

it.each([
  ['without a session', undefined],
  ['with the token of a role', 'IQoJb3JpZ2luX2VjE=='],
])('signs as the SDK does, %s', async (_, sessionToken) => {
  const signer = { region: 'ap-east-1', service: 'dynamodb', sessionToken, ...CREDENTIALS };
  const sign = postSigner(signer);
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.PutItem',
  };
  // The key of a day is kept; the next day has another one.
  for (const now of [NOON, NOON + 1_000, NOON + DAY, NOON]) {
    for (const [host, body] of [
      ['dynamodb.ap-east-1.amazonaws.com', '{"TableName":"t"}'],
      ['127.0.0.1:8000', '{"name":"工单 🙂"}'],
    ] as const) {
      const signed = sign(host, headers, body, now);
      expect(signed['authorization']).toBe(await reference(signer, host, headers, body, now));
      expect(signed).toMatchObject({ ...headers, host });
      expect(signed['x-amz-security-token']).toBe(sessionToken);
    }
  }
});
