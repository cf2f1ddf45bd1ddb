/** Styles of the cookbook in which the answer says what the next request needs: digest, OAuth 2, values that change. */
import { createHash, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { sendJson } from '../../peer.ts';
import { recipeOf } from './recipe.ts';
import { cookbook, message } from './styles.ts';
import type { Platform } from './styles.ts';
import { formOf, jsonOf } from './wire.ts';

const { cook, holds, peer } = cookbook();

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** RFC 7616, each use of a nonce once. */
function camera(): Platform {
  let tries = 0;
  const nonces = new Map<string, number>();
  return {
    tries: () => tries,
    handler({ method, url, headers }, response) {
      const sent = headers.authorization ?? '';
      if (sent !== '') tries += 1;
      const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)`).exec(sent)?.[1] ?? '';
      const [nonce, uses] = [field('nonce'), Number.parseInt(field('nc'), 16)];
      const user = md5('admin:IP Camera:open-sesame');
      const parts = [user, nonce, field('nc'), field('cnonce'), 'auth', md5(`${method}:${url}`)];
      const isRight = field('response') === md5(parts.join(':')) && field('uri') === url;
      if (isRight && uses > (nonces.get(nonce) ?? Infinity)) {
        nonces.set(nonce, uses);
        response.writeHead(200, { 'content-type': 'application/xml' });
        response.end(
          '<?xml version="1.0"?><DeviceInfo><model>DS-2CD</model><serialNumber>C42</serialNumber></DeviceInfo>',
        );
        return;
      }
      const next = randomUUID();
      nonces.set(next, 0);
      const challenge = `Digest realm="IP Camera", qop="auth", nonce="${next}"${isRight ? ', stale=true' : ''}`;
      response.writeHead(401, { 'www-authenticate': challenge }).end('<html>401</html>');
    },
  };
}

holds({
  page: 'digest',
  code: 'CAMERA',
  platform: camera,
  data: { model: 'DS-2CD', serial: 'C42' },
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: CAMERA refused the credentials (it answered 401).',
  mistakes: {
    'the answer has no such element': {
      definition: { '/operations/device/extract/serial/selector': 'serial' },
      says: 'PLATFORM_API_ERROR: CAMERA answered device without serial (operations.device.extract).',
    },
  },
});

/** Token endpoint and API in one: a token is good until the next, or until it is ended. */
function crm(): Platform {
  let [tries, token] = [0, ''];
  return {
    tries: () => tries,
    end: () => void (token = ''),
    handler(request, response) {
      const { authorization } = request.headers;
      if (request.url === '/oauth/token') {
        tries += 1;
        if (authorization !== `Basic ${btoa('gatehouse:cs-0123456789abcdef')}`) {
          return sendJson(response, { error: 'invalid_client' }, 401);
        }
        const { grant_type, scope } = formOf(request);
        if (grant_type !== 'client_credentials')
          return sendJson(response, { error: 'unsupported_grant_type' }, 400);
        if (scope !== 'orders.read') return sendJson(response, { error: 'invalid_scope' }, 400);
        token = `access-${tries}-0123456789`;
        return sendJson(response, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
      }
      if (request.url !== '/v2/orders') return sendJson(response, { error: 'not found' }, 404);
      const isIn = token !== '' && authorization === `Bearer ${token}`;
      return sendJson(response, isIn ? [{ id: 7 }] : { error: 'invalid_token' }, isIn ? 200 : 401);
    },
  };
}

holds({
  page: 'oauth2',
  code: 'CRM_API',
  platform: crm,
  data: [{ id: 7 }],
  wrong: { clientSecret: 'cs-wrong-0123456' },
  refusal: 'AUTHENTICATION_FAILED: CRM_API refused the credentials.',
  mistakes: {
    'the token endpoint is elsewhere': {
      definition: { '/auth/tokenUrl': 'https://login.example.com/token' },
      says: 'CONFIGURATION_ERROR: The token endpoint of CRM_API does not accept the request: 404.',
    },
    'the scope is not allowed': {
      definition: { '/auth/scope': 'orders.write' },
      says: 'CONFIGURATION_ERROR: The token endpoint of CRM_API does not accept the request: 400 invalid_scope.',
    },
  },
});

/** Takes the id of the day only, and brings it. */
function transmission(): Platform & { nextDay(): void } {
  let [tries, id] = [0, randomUUID()];
  return {
    tries: () => tries,
    nextDay: () => void (id = randomUUID()),
    handler(request, response) {
      tries += 1;
      if (request.headers.authorization !== `Basic ${btoa('admin:open-sesame')}`) {
        return void response.writeHead(401).end();
      }
      if (request.headers['x-transmission-session-id'] !== id) {
        return void response.writeHead(409, { 'x-transmission-session-id': id }).end('409: Conflict');
      }
      const isRight = String(jsonOf(request)['method']) === 'torrent-get';
      const torrents = [{ id: 1, name: 'debian', percentDone: 1 }];
      return sendJson(response, isRight ? { result: 'success', arguments: { torrents } } : { result: 'no' });
    },
  };
}

holds({
  page: 'changing-values',
  code: 'TRANSMISSION',
  platform: transmission,
  data: [{ id: 1, name: 'debian', percentDone: 1 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: TRANSMISSION refused the credentials (it answered 401).',
  mistakes: {
    'the operation does not send the value': {
      definition: { '/operations/torrents/headers': undefined },
      says: 'PLATFORM_API_ERROR: TRANSMISSION did not accept torrents (it answered 409).',
    },
    'a value is asked for that is not there at first': {
      definition: { '/operations/torrents/headers/X-Transmission-Session-Id': '{{session.id}}' },
      says: 'session.id: is not set',
    },
  },
});

it('TRANSMISSION costs one request more when the value has changed, and no more', async () => {
  const platform = transmission();
  peer().answer(platform.handler);
  const { call } = await cook(recipeOf('changing-values', 'TRANSMISSION'), {});
  const costs: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    const before = platform.tries();
    if (n === 2) platform.nextDay();
    expect(message(await call())).toBe('200');
    costs.push(platform.tries() - before);
  }
  expect(costs).toEqual([2, 1, 2, 1]);
});
