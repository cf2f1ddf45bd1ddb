/** Styles of the cookbook that send what the provider gave: keys, tokens, passwords. */
import { sendJson } from '../../peer.ts';
import type { Seen } from '../../peer.ts';
import { cookbook } from './styles.ts';
import type { Platform } from './styles.ts';

const { holds } = cookbook();

/** Answers those who come with the right thing, and counts all that come. */
function keyed(isRight: (request: Seen) => boolean, answer: unknown, refusal = 401): Platform {
  let tries = 0;
  return {
    tries: () => tries,
    handler(request, response) {
      tries += 1;
      return isRight(request) ? sendJson(response, answer) : sendJson(response, {}, refusal);
    },
  };
}

holds({
  page: 'api-key',
  code: 'WEATHER_API',
  platform: () =>
    keyed(
      ({ url, headers }) =>
        headers['x-api-key'] === 'wk_0123456789abcdef' && url === '/v1/forecast?city=Shenzhen',
      { celsius: 31 },
      403,
    ),
  data: { celsius: 31 },
  wrong: { apiKey: 'wk_wrong-0123456789' },
  refusal: 'AUTHENTICATION_FAILED: WEATHER_API refused the credentials (it answered 403).',
  mistakes: {
    'the key has another name': {
      credentials: { key: 'wk_0123456789abcdef' },
      says: 'credentials.apiKey: is not set',
    },
    'a wrong key, and the refusal has another status': {
      credentials: { apiKey: 'wk_wrong-0123456789' },
      definition: { '/auth/refused': undefined },
      says: 'PLATFORM_API_ERROR: WEATHER_API did not accept forecast (it answered 403).',
    },
  },
});

holds({
  page: 'bearer',
  code: 'FORGE_API',
  platform: () =>
    keyed(({ headers }) => headers.authorization === 'Bearer tok_0123456789abcdef', [{ id: 1 }]),
  data: [{ id: 1 }],
  wrong: { token: 'Bearer tok_0123456789abcdef' },
  refusal: 'AUTHENTICATION_FAILED: FORGE_API refused the credentials (it answered 401).',
  mistakes: {
    'the name is not the one of the definition': {
      credentials: { apiKey: 'tok_0123456789abcdef' },
      says: 'credentials.token: is not set',
    },
  },
});

holds({
  page: 'basic',
  code: 'JENKINS',
  platform: () =>
    keyed(
      ({ headers, url }) =>
        headers.authorization === `Basic ${btoa('ops:110011001100110011')}` &&
        decodeURIComponent(url) === '/api/json?tree=jobs[name,color]',
      { jobs: [{ name: 'build', color: 'blue' }] },
    ),
  data: [{ name: 'build', color: 'blue' }],
  wrong: { password: 'another-password' },
  refusal: 'AUTHENTICATION_FAILED: JENKINS refused the credentials (it answered 401).',
  mistakes: {
    'the password is missing': {
      credentials: { username: 'ops' },
      says: 'credentials.password: is not set',
    },
  },
});
