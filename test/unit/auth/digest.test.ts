/** RFC 7616 by its own examples, and by what curl 7.88 sends for the same challenge. */
import { describe, expect, test } from 'vitest';
import { nextNonce, strongestChallenge } from '../../../lib/auth/digest/challenge.ts';
import { digestAuthorization } from '../../../lib/auth/digest/response.ts';

const MUFASA = {
  challenge:
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  method: 'GET',
  uri: '/dir/index.html',
  username: 'Mufasa',
  password: 'Circle of Life',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};
const JASON = {
  challenge:
    'realm="api@example.org", qop="auth", nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
  method: 'GET',
  uri: '/doe.json',
  username: 'Jäsøn Doe',
  password: 'Secret, or not?',
  cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
};
const CURL = {
  ...JASON,
  challenge:
    'realm="api@example.org", nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", qop="auth, auth-int"',
};

interface Example {
  challenge: string;
  method: string;
  uri: string;
  username: string;
  password: string;
  cnonce: string;
}

function answerTo({ challenge: text, ...request }: Example, algorithm: string, count = 1) {
  const challenge = strongestChallenge(`Digest ${text}${algorithm}`)!;
  return digestAuthorization(challenge, { ...request, count, nonce: challenge.nonce });
}

describe('what a password proves', () => {
  test.each<[string, Example, string, string]>([
    ['RFC 7616 3.9.1', MUFASA, ', algorithm=MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    [
      'RFC 7616 3.9.1',
      MUFASA,
      ', algorithm=SHA-256',
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    [
      'RFC 7616 3.9.2 with erratum 4897',
      JASON,
      ', algorithm=SHA-512-256',
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    ],
    [
      'curl',
      { ...CURL, uri: '/doe.json?a=MD5-sess', cnonce: 'NDMwMzBmYTJjODcxNWJhNTVkMGI5YTZlNzM5ZTI3NGE=' },
      ', algorithm=MD5-sess',
      '8be0ae4ce8dbf1f36ef1c681a6f68906',
    ],
    [
      'curl',
      { ...CURL, uri: '/doe.json?a=SHA-256-sess', cnonce: 'OGQyNTBjZGI4NTFhZmEzYzEwYjA4YTRlMGMwNDEzMzU=' },
      ', algorithm=SHA-256-sess',
      '0111aeea69882765838f918ce018f9fdd1861ea6eb01c8eb66126da620cb7d13',
    ],
    [
      'curl, a server from before qop',
      {
        ...MUFASA,
        challenge: 'realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
        password: 'Circle Of Life',
      },
      '',
      '670fd8c2df070c60b045671b8b24ff02',
    ],
  ])('%s %#', (_name, example, algorithm, response) => {
    expect(answerTo(example, algorithm).response).toBe(response);
  });

  test('the header is that of RFC 7616 3.9.1, counts in hexadecimal, and leaves out what was not asked', () => {
    expect(answerTo(MUFASA, ', algorithm=SHA-256').header).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, ' +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, qop=auth, ' +
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", ' +
        'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", ' +
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    );
    expect(answerTo(MUFASA, '', 31).header).toContain(', nc=0000001f,');
    const plain = answerTo({ ...MUFASA, challenge: 'realm="a", nonce="b"' }, '').header;
    for (const name of ['algorithm', 'qop', 'nc=', 'cnonce', 'opaque', 'userhash']) {
      expect(plain).not.toContain(name);
    }
  });

  test('a name is hashed where the server asks for that, else written so that any name can be', () => {
    expect(answerTo(JASON, ', algorithm=SHA-512-256').header).toContain(
      'username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"',
    );
    expect(answerTo(CURL, ', charset=UTF-8').header).toContain("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe,");
    // A server that does not say so may be Apache, which knows no other field: one character per byte.
    const plain = Buffer.from('username="Jäsøn Doe", ').toString('latin1');
    expect(answerTo(CURL, '').header).toContain(plain);
    expect(answerTo({ ...MUFASA, username: 'a"b\\c' }, '').header).toContain('username="a\\"b\\\\c"');
  });
});

describe('a challenge', () => {
  const NONE = 'Digest realm="r", nonce="';
  test('the strongest of several that we know is met', () => {
    const md5 = `${NONE}1"`;
    const sha = `${NONE}2", algorithm=SHA-256, qop="auth"`;
    const best = `${NONE}3", algorithm="sha-512-256"`;
    const unknown = `${NONE}4", algorithm=SHA-3, qop="auth"`;
    const nonceOf = (header: string) => strongestChallenge(header)?.nonce;
    expect(nonceOf(`${md5}, ${sha}, ${unknown}`)).toBe('2');
    expect(nonceOf(`Basic realm="a, Digest b", ${md5}, ${best}, ${sha}`)).toBe('3');
    expect(nonceOf(`Negotiate YIIabc==, ${sha}, Bearer`)).toBe('2');
    expect(nonceOf(`${NONE}5", qop="auth-int"`)).toBeUndefined();
    expect([nonceOf('Basic realm="x"'), nonceOf(undefined as never), nonceOf('"')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is read whatever its spaces, quotes and capitals', () => {
    expect(
      strongestChallenge('dIGEST REALM = "a \\"b\\" c",nonce=n,qop=auth,Stale=TRUE , opaque=""'),
    ).toMatchObject({ realm: 'a "b" c', nonce: 'n', hasQop: true, stale: true, opaque: '' });
    expect(strongestChallenge('Digest realm="a", nonce="n", qop="", stale="false"')).toMatchObject({
      hasQop: false,
      stale: false,
    });
  });

  test('the nonce after it is named beside an answer', () => {
    expect(nextNonce('nextnonce="47364c23432d2e131a5fb210812c", qop=auth')).toBe(
      '47364c23432d2e131a5fb210812c',
    );
    expect(nextNonce('qop=auth, rspauth="6629"')).toBeUndefined();
  });

  test('a long hostile header is read in linear time', () => {
    const started = performance.now();
    for (const text of ['"\\', 'a="', '= ', 'a ', ', ']) strongestChallenge(`Digest ${text.repeat(30_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
