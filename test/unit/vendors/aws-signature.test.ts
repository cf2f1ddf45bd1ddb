/** By AWS's own test suite (aws-sig-v4-test-suite) and the examples of its manuals. */
import { describe, expect, test } from 'vitest';
import { signForAws } from '../../../lib/vendors/aws-signature/sign.ts';

const SUITE = {
  region: 'us-east-1',
  service: 'service',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined as string | undefined,
};
const SUITE_TIME = Date.UTC(2015, 7, 30, 12, 36, 0);
const HOST = 'https://example.amazonaws.com';
const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

interface Example {
  method?: string;
  url: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

const sign = (example: Example, signer = SUITE, at = SUITE_TIME) =>
  signForAws({ method: 'GET', headers: {}, ...example }, signer, at);
const signatureOf = ({ headers }: { headers: Record<string, string> }) =>
  /Signature=(\w+)$/.exec(headers['authorization']!)![1];

describe('AWS Signature Version 4', () => {
  test.each<[string, Example, string]>([
    ['get-vanilla', { url: `${HOST}/` }, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      { url: `${HOST}/?Param2=value2&Param1=value1` },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-unreserved',
      { url: `${HOST}/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz` },
      '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    ],
    [
      'get-header-value-trim',
      { url: `${HOST}/`, headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' } },
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-vanilla',
      { method: 'POST', url: `${HOST}/` },
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        url: `${HOST}/`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from('Param1=value1'),
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('%s', async (_name, example, signature) => {
    expect(signatureOf(await sign(example))).toBe(signature);
  });

  test('post-sts-header-before: temporary credentials', async () => {
    const signed = await sign({ method: 'POST', url: `${HOST}/` }, { ...SUITE, sessionToken: TOKEN });
    expect(signed.headers['x-amz-security-token']).toBe(TOKEN);
    expect(signatureOf(signed)).toBe('85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead');
  });

  test('the example of the IAM manual', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const url = 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08';
    expect(await sign({ url, headers }, { ...SUITE, service: 'iam' })).toEqual({
      method: 'GET',
      url,
      headers: {
        ...headers,
        'x-amz-date': '20150830T123600Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
          'SignedHeaders=content-type;host;x-amz-date, ' +
          'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
      },
    });
  });

  test.each<[string, Example, string]>([
    [
      'an object',
      { url: '/test.txt', headers: { range: 'bytes=0-9' } },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'a parameter without a value',
      { url: '/?lifecycle' },
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'a list',
      { url: '/?max-keys=2&prefix=J' },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('the examples of the S3 manual: %s', async (_name, example, signature) => {
    const signer = {
      ...SUITE,
      service: 's3',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    };
    const url = `https://examplebucket.s3.amazonaws.com${example.url}`;
    const signed = await sign({ ...example, url }, signer, Date.UTC(2013, 4, 24));
    expect(signatureOf(signed)).toBe(signature);
    expect(signed.headers['x-amz-content-sha256']).toMatch(/^e3b0c442/);
  });

  test('a "+" goes out as the space that it is signed as', async () => {
    expect((await sign({ url: `${HOST}/a+b?q=a+b%2Bc` })).url).toBe(`${HOST}/a+b?q=a%20b%2Bc`);
  });
});
