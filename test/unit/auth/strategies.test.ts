/** Each strategy through the one interface that the pipeline knows. A new one adds its cases here or beside it. */
import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import type { RefusalCounter } from '../../../lib/access/credentials/refusals.ts';
import type { CredentialStore } from '../../../lib/access/credentials/credentials.ts';
import { createAuthenticator, pageCharset, unauthenticated } from '../../../lib/auth/authenticator.ts';
import { requiredCredentials, STRATEGIES } from '../../../lib/auth/strategies.ts';
import type { Authentication } from '../../../lib/auth/strategy.ts';
import type { Tokens } from '../../../lib/auth/tokens/tokens.ts';
import type { AcquiredSession, Sessions } from '../../../lib/platforms/session/sessions.ts';
import { prepareKey, sealEnvelope } from '../../../lib/partners/urs/envelope.ts';
import { readAnswer } from '../../../lib/definition/predicate/answer.ts';
import { Definition } from '../../../lib/registry/definition.ts';
import type { DefinitionInput, RegisteredService } from '../../../lib/registry/definition.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';

const deadline = { at: Number.POSITIVE_INFINITY };

function serviceWith(auth: DefinitionInput['auth']): RegisteredService {
  const definition = Definition.parse({ code: 'SVC', name: 'x', baseUrl: 'https://a.example.com', auth });
  return { definition, revision: 1, createdAt: '', updatedAt: '' };
}

function setUp(values: Record<string, string> = {}, sessions: Partial<Sessions> = {}) {
  const used: string[] = [];
  const credentials = {
    current: async () => ({ versionId: 'v1', values }),
    valid: async () => [{ versionId: 'v1', values }],
    used: (code: string, version: string) => void used.push(`${code} ${version}`),
    forget: () => undefined,
  } as unknown as CredentialStore;
  const refusals: RefusalCounter = {
    key: (code) => `refused:${code}`,
    tokenKey: (code) => `token:${code}`,
    raise: async () => undefined,
    resolve: async () => undefined,
    admit: async () => undefined,
    refused: async () => undefined,
    accepted: async () => undefined,
    pausedUntil: async () => undefined,
    unlock: async () => undefined,
  };
  const deps = {
    credentials,
    refusals,
    sessions: sessions as Sessions,
    tokens: {} as Tokens,
    clock: systemClock,
    random: systemRandom,
  };
  const authenticator = createAuthenticator(deps);
  return {
    used,
    stateKey: (service: ReturnType<typeof serviceWith>) => authenticator.stateKey(service),
    as: (auth: DefinitionInput['auth']) =>
      authenticator.authenticate(serviceWith(auth), { deadline, operation: 'op' }),
  };
}

test('every strategy is named once', () => {
  const types = STRATEGIES.map(({ schema }) => schema.shape.type.value);
  expect(new Set(types).size).toBe(types.length);
});

const pair = Buffer.from('张:a:b').toString('base64');

describe('values from credentials', () => {
  test.each<[string, DefinitionInput['auth'], Record<string, string>, Partial<Authentication>]>([
    ['NONE', { type: 'NONE' }, {}, { headers: {} }],
    [
      'BEARER',
      { type: 'BEARER' },
      { token: 'abc', userName: 'u' },
      { headers: { authorization: 'Bearer abc' }, secrets: ['abc', 'abc'] },
    ],
    [
      'BASIC, with a colon and beyond ASCII',
      { type: 'BASIC' },
      { username: '张', password: 'a:b' },
      { headers: { authorization: `Basic ${pair}` }, secrets: ['a:b', 'a:b', pair] },
    ],
    [
      'API_KEY in a header',
      { type: 'API_KEY' },
      { apiKey: 'k' },
      { headers: { 'x-api-key': 'k' }, secrets: ['k', 'k'] },
    ],
    [
      'API_KEY in the query, under another name',
      { type: 'API_KEY', in: 'query', name: 'key', value: 'v-{{credentials.k}}' },
      { k: '1' },
      { headers: {}, query: { key: 'v-1' }, secrets: ['1', 'v-1'] },
    ],
    [
      'CHAOJIYING',
      { type: 'CHAOJIYING' },
      { username: 'u', password: 'p', softwareId: '9' },
      {
        headers: {},
        fields: { user: 'u', pass2: createHash('md5').update('p').digest('hex'), softid: '9' },
        secrets: ['p'],
      },
    ],
  ])('%s', async (_name, auth, values, expected) => {
    const { as, used } = setUp(values);
    const { judge: _judge, replaced: _replaced, ...added } = await as(auth);
    expect(added).toEqual(expected);
    expect(used).toEqual(auth.type === 'NONE' ? [] : ['SVC v1']);
  });

  test.each<[string, DefinitionInput['auth'], string]>([
    ['BEARER', { type: 'BEARER' }, 'credentials.token'],
    ['BASIC', { type: 'BASIC' }, 'credentials.username'],
    ['API_KEY', { type: 'API_KEY' }, 'credentials.apiKey'],
    ['CHAOJIYING', { type: 'CHAOJIYING' }, 'credentials.username'],
    ['SIGNATURE', { type: 'SIGNATURE' }, 'credentials.appKey'],
  ])('%s names the credential that is missing', async (_name, auth, missing) => {
    await expect(setUp().as(auth)).rejects.toMatchObject({
      code: 'CONFIGURATION_ERROR',
      message: expect.stringContaining(missing),
    });
  });

  test('what must be stored is what a protocol needs, whatever templates name', () => {
    expect(requiredCredentials(serviceWith({ type: 'SIGNATURE' }).definition.auth)).toEqual(['appKey']);
    expect(requiredCredentials(serviceWith({ type: 'BEARER' }).definition.auth)).toEqual([]);
  });
});

describe('API_KEY in a cookie', () => {
  const auth = { type: 'API_KEY' as const, in: 'cookie' as const, name: 'api_key' };

  test('goes to every URL of the service', async () => {
    const { cookieHeader, headers, query, secrets } = await setUp({ apiKey: 'a+b/c==' }).as(auth);
    expect(cookieHeader!('https://a.example.com/x')).toBe('api_key=a+b/c==');
    expect([headers, query, secrets]).toEqual([{}, undefined, ['a+b/c==', 'a+b/c==']]);
  });

  test.each(['a; admin=1', 'a b', 'a\tb', 'schlüssel'])(
    '%j would be another cookie, or none',
    async (apiKey) => {
      const refused = await setUp({ apiKey })
        .as(auth)
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'CONFIGURATION_ERROR', fields: [{ field: 'auth.value' }] });
      expect(String(refused)).not.toContain(apiKey);
    },
  );
});

test('AWS_SIGV4 signs each try anew, and names no secret in what goes out', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2015, 7, 30, 12, 36, 0) });
  try {
    const { sign, secrets } = await setUp({ accessKeyId: 'AKID', secretAccessKey: 'sk' }).as({
      type: 'AWS_SIGV4',
      region: 'us-east-1',
      service: 'es',
    });
    const request = { method: 'GET', url: 'https://a.example.com/x', headers: {} };
    const first = await sign!(request);
    vi.setSystemTime(Date.UTC(2015, 7, 30, 12, 36, 1));
    const second = await sign!(request);
    expect([first, second].map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20150830T123600Z',
      '20150830T123601Z',
    ]);
    expect(first.headers['authorization']).not.toBe(second.headers['authorization']);
    expect([secrets, first.headers['authorization']!.endsWith(first.secrets![0]!)]).toEqual([
      ['AKID', 'sk', 'sk'],
      true,
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test('SIGNATURE seals each time anew, and opens what its partner sealed', async () => {
  const { sealing, secrets } = await setUp({ appKey: 'key-of-a-partner' }).as({ type: 'SIGNATURE' });
  const [one, two] = [sealing!.seal('{"a":1}'), sealing!.seal('{"a":1}')];
  expect(one.body.equals(two.body)).toBe(false);
  expect(secrets).toEqual(['key-of-a-partner']);
  const nowSeconds = Math.floor(systemClock.now() / 1_000);
  const theirs = sealEnvelope('{"a":1}', prepareKey('key-of-a-partner', 'v1'), {
    nowSeconds,
    iv: Buffer.alloc(16, 7),
  });
  const opened = await sealing!.open(
    readAnswer({ status: 200, headers: {}, setCookies: [], body: Buffer.from(JSON.stringify(theirs)) }),
  );
  expect(opened.text()).toBe('{"a":1}');
});

describe('SESSION', () => {
  const auth = {
    type: 'SESSION' as const,
    charset: 'gbk',
    expired: { location: { includes: 'login' } },
    login: { submit: { path: '/login', fields: {} }, success: { status: 302 } },
  };
  const live = (generation: string): AcquiredSession => ({
    origin: generation === '1.0' ? 'login' : 'renewed',
    session: {
      generation,
      headers: { 'x-csrf': generation },
      values: {},
      secrets: [],
      cookieHeader: () => `sid=${generation}`,
      cookies: () => [['sid', generation]],
    },
  });

  test('hands on the session, tells when it has expired, and renews the one that was refused', async () => {
    const refused: string[] = [];
    const kept: string[] = [];
    const { as } = setUp(
      {},
      {
        acquire: async () => live('1.0'),
        renew: async (_service, rejected) => (refused.push(rejected.generation), live('2.0')),
        observe: async (_service, { generation }, url, lines) =>
          void kept.push(`${generation} ${url} ${lines.map(String).join(' ')}`),
      },
    );
    const first = await as(auth);
    expect([first.headers, first.cookieHeader!('https://a.example.com/'), first.origin]).toEqual([
      { 'x-csrf': '1.0' },
      'sid=1.0',
      'login',
    ]);
    const answer = (status: number, headers: Record<string, string> = {}) =>
      readAnswer({ status, headers, setCookies: [], body: Buffer.alloc(0) });
    expect(first.isExpired!(answer(302, { location: '/user_login.php' }))).toBe(true);
    expect(first.isExpired!(answer(401))).toBe(false);
    const second = (await first.renew!({ deadline }))!;
    expect([refused, second.origin, second.cookies!('x')]).toEqual([['1.0'], 'renewed', [['sid', '2.0']]]);
    await second.keepCookies!('https://a.example.com/x', ['a=1']);
    expect(kept).toEqual(['2.0 https://a.example.com/x a=1']);
  });

  test('without `expired`, 401 is expiry; the guard reads its generation along; its pages have a charset', async () => {
    const { expired: _said, ...silent } = auth;
    const { as, stateKey } = setUp({}, { acquire: async () => live('1.0') });
    const { isExpired } = await as(silent);
    expect(isExpired!(readAnswer({ status: 401, headers: {}, setCookies: [], body: Buffer.alloc(0) }))).toBe(
      true,
    );
    expect(stateKey(serviceWith(auth))).toBe('gateway:svc:session:generation');
    expect(stateKey(serviceWith({ type: 'NONE' }))).toBe('refused:SVC');
    expect([pageCharset(serviceWith(auth)), pageCharset(serviceWith({ type: 'NONE' }))]).toEqual([
      'gbk',
      undefined,
    ]);
  });
});

test('a request that carries its own proof gets nothing added', async () => {
  expect(
    await unauthenticated.authenticate(serviceWith({ type: 'BEARER' }), { deadline, operation: 'op' }),
  ).toEqual({
    headers: {},
  });
});
