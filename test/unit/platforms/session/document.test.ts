import { describe, expect, it } from 'vitest';
import { createJar, storeJar } from '../../../../lib/platforms/cookies/jar.ts';
import type { LoginResult } from '../../../../lib/platforms/login/login.ts';
import {
  importedDocument,
  newDocument,
  parseDocument,
  parseRefreshState,
} from '../../../../lib/platforms/session/document.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');

function login(): LoginResult {
  const jar = createJar();
  jar.setCookieSync('sid=1; Path=/', 'https://platform.example/');
  const loginInfo = { login_time: '2026-11-21T03:59:58.000Z', attempts: 2, duration_ms: 1_500 };
  return { values: {}, jar, credentialVersionId: 'v1', loginInfo };
}
const document = () => newDocument(login(), { generation: '7.0', now: NOW, lifeMs: 3_600_000 });

describe('the document of a login', () => {
  it('lives as long as the definition says, and knows how it came about', () => {
    expect(document()).toMatchObject({
      cookies: {},
      headers: {},
      created_at: '2026-11-21T04:00:00.000Z',
      last_accessed: '2026-11-21T04:00:00.000Z',
      expires_at: '2026-11-21T05:00:00.000Z',
      login_info: { login_time: '2026-11-21T03:59:58.000Z', attempts: 2, duration_ms: 1_500 },
      generation: '7.0',
      jar: { cookies: [expect.objectContaining({ key: 'sid', value: '1' })] },
    });
  });

  it('is read as it was written, with what a newer version adds', () => {
    const newer = { ...document(), more: 1, login_info: { ...document().login_info, more: 2 } };
    expect(parseDocument(JSON.stringify(newer))).toEqual(JSON.parse(JSON.stringify(newer)));
  });
});

describe('the document of a session from a person', () => {
  it('is stored as one, ends when they said, and says where it came from', () => {
    const jar = storeJar(login().jar, NOW);
    const read = { jar, headers: { 'x-a': 'b' }, values: { tenant: 1 }, endsAt: NOW + 1_000 };
    const imported = importedDocument(read, { login: 8, now: NOW });
    expect(imported).toMatchObject({
      cookies: {},
      headers: {},
      own_headers: { 'x-a': 'b' },
      values: { tenant: 1 },
      created_at: '2026-11-21T04:00:00.000Z',
      expires_at: '2026-11-21T04:00:01.000Z',
      login_info: { login_time: '2026-11-21T04:00:00.000Z', trigger: 'import' },
      generation: '8.0',
      jar,
    });
    expect(parseDocument(JSON.stringify(imported))).toEqual(imported);
  });
});

describe('what renews a session that has ended', () => {
  const state = { values: { token: 't' }, jar: storeJar(login().jar, NOW), credentialVersion: 'v1' };

  it('is read as it was written', () => {
    expect(parseRefreshState(JSON.stringify(state))).toEqual(state);
  });

  it.each([
    '',
    '{',
    'null',
    '{}',
    JSON.stringify({ ...state, values: undefined }),
    JSON.stringify({ ...state, jar: {} }),
    JSON.stringify({ ...state, credentialVersion: 1 }),
  ])('is nothing else: %s', (text) => {
    expect(parseRefreshState(text)).toBeUndefined();
  });
});

describe('S4: no session is', () => {
  it.each(['', '{', 'null', '[]', '"x"', '{}'])('%s', (text) => {
    expect(parseDocument(text)).toBeUndefined();
  });

  it.each([
    ['cookies', 'x'],
    ['cookies', { a: 1 }],
    ['headers', { a: 1 }],
    ['created_at', 'yesterday'],
    ['last_accessed', 1],
    ['expires_at', undefined],
    ['login_info', undefined],
    ['login_info', { login_time: 1 }],
    ['login_info', { login_time: 'x', attempts: 'two' }],
    ['login_info', { login_time: 'x', captcha_url: 1 }],
    ['login_info', { login_time: 'x', duration_ms: 'x' }],
    ['generation', '7'],
    ['generation', 'x7.0'],
    ['generation', '7.0x'],
    ['generation', '8.invalidated'],
    ['generation', `${'1'.repeat(16)}.0`],
    ['generation', `0.${'1'.repeat(16)}`],
    ['jar', undefined],
  ])('one whose %s is %j', (field, value) => {
    expect(parseDocument(JSON.stringify({ ...document(), [field]: value }))).toBeUndefined();
  });

  it.each(['12.345', `${'1'.repeat(15)}.${'2'.repeat(15)}`])(
    'but one of the generation %s is',
    (generation) => {
      expect(parseDocument(JSON.stringify({ ...document(), generation }))?.generation).toBe(generation);
    },
  );
});
