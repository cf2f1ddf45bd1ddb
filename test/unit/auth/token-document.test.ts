import { expect, test } from 'vitest';
import { parseToken, timesOf, tokenDocument } from '../../../lib/auth/tokens/token-document.ts';

const AT = Date.UTC(2024, 0, 1);
const DAY = 86_400_000;
const document = (expiresIn: number | undefined, refreshToken?: string) =>
  tokenDocument(
    { accessToken: 'a', expiresIn, refreshToken },
    { login: 7, askedAt: AT, revision: 2, version: 'v', descent: 'd' },
  );
const life = (expiresIn: number | undefined) => {
  const { expiresAt, renewAt } = timesOf(document(expiresIn));
  return [expiresAt - AT, expiresAt - renewAt];
};

test.each([
  ['an hour', 3_600, 3_600_000, 30_000],
  ['two minutes', 120, 120_000, 12_000],
  ['not said', undefined, 3_600_000, 30_000],
  ['hardly at all', 0.01, 1_000, 100],
  ['for ever', 1e12, 30 * DAY, 30_000],
])('a token that lives %s', (_name, expiresIn, lives, ahead) => {
  expect(life(expiresIn)).toEqual([lives, ahead]);
});

test('Redis keeps a token to its end, and a refresh token far beyond', () => {
  expect(Date.parse(document(60).expires_at) - AT).toBe(60_000);
  expect(Date.parse(document(60, 'r').expires_at) - AT).toBe(400 * DAY);
});

test('what is stored is read back; anything else is no token', () => {
  const stored = document(60, 'r');
  expect(stored.generation).toBe('7.0');
  expect(parseToken(JSON.stringify(stored))).toEqual(stored);
  for (const text of ['', '{}', 'null', JSON.stringify({ ...stored, access_token: '' })]) {
    expect(parseToken(text)).toBeUndefined();
  }
});
