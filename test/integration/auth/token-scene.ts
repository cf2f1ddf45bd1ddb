/** What token tests share: a token endpoint over real HTTP, and processes that share Redis. */
import { createRefusalCounter } from '../../../lib/access/credentials/refusals.ts';
import { createTokens } from '../../../lib/auth/tokens/create-tokens.ts';
import type { TokensDeps } from '../../../lib/auth/tokens/create-tokens.ts';
import type { OAuth2Service } from '../../../lib/auth/tokens/definition.ts';
import { Definition } from '../../../lib/registry/definition.ts';
import type { DefinitionInput } from '../../../lib/registry/definition.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { createTransport } from '../../../lib/vendors/http/undici-transport.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { sendJson, startPeer } from '../../peer.ts';
import type { Peer, PeerHandler } from '../../peer.ts';
import { recordedAlerts, shiftedClock, uniqueCode, vaultKey } from '../platforms/session/scene.ts';

type OAuth2Input = Partial<Extract<DefinitionInput['auth'], { type: 'OAUTH2' }>>;

export const SECRETS = {
  clientId: 'app one',
  clientSecret: 's3cret/+:&',
  username: 'shopkeeper',
  password: 'p4ssword',
  refreshToken: 'r0',
};

/** A token endpoint whose refresh tokens count once (RFC 6749 6): one that comes again ends the whole chain. */
export async function startTokenEndpoint() {
  const peer: Peer = await startPeer();
  const endpoint = {
    peer,
    url: peer.url,
    expiresIn: 3_600 as number | undefined,
    /** Milliseconds. */
    delay: 0,
    rotates: true,
    refreshTokens: new Set(['r0']),
    used: new Set<string>(),
    issued: 0,
    /** Grant types, in order. */
    grants: [] as string[],
    /** A refresh token came twice. */
    thefts: 0,
    /** Answers in its place, while it is set. */
    instead: undefined as PeerHandler | undefined,
    /** The next token is given out, and its answer lost. */
    losesAnswer: false,
    stop: () => peer.stop(),
  };
  peer.answer(async (request, response) => {
    const form = new URLSearchParams(request.body.toString());
    endpoint.grants.push(form.get('grant_type')!);
    if (endpoint.delay > 0) await new Promise((done) => setTimeout(done, endpoint.delay));
    if (endpoint.instead) return endpoint.instead(request, response);
    const sent = form.get('refresh_token');
    if (form.get('grant_type') === 'refresh_token') {
      if (endpoint.used.has(sent!)) endpoint.thefts += 1;
      if (!endpoint.refreshTokens.has(sent!)) return sendJson(response, { error: 'invalid_grant' }, 400);
      if (endpoint.rotates) {
        endpoint.refreshTokens.delete(sent!);
        endpoint.used.add(sent!);
      }
    }
    const n = (endpoint.issued += 1);
    const next = form.get('grant_type') !== 'client_credentials' && endpoint.rotates ? `r${n}` : undefined;
    if (next) endpoint.refreshTokens.add(next);
    if (endpoint.losesAnswer) {
      endpoint.losesAnswer = false;
      response.destroy();
      return;
    }
    sendJson(response, {
      access_token: `token-${n}`,
      token_type: 'bearer',
      ...(endpoint.expiresIn === undefined ? {} : { expires_in: endpoint.expiresIn }),
      ...(next ? { refresh_token: next } : {}),
    });
  });
  return endpoint;
}
export type TokenEndpoint = Awaited<ReturnType<typeof startTokenEndpoint>>;

export function oauthService(url: string, auth: OAuth2Input = {}, code = uniqueCode('OAUTH')): OAuth2Service {
  const definition = Definition.parse({
    code,
    name: code,
    baseUrl: 'https://api.example.com',
    timeoutSeconds: 5,
    auth: { type: 'OAUTH2', tokenUrl: `${url}/token`, ...auth },
  } satisfies DefinitionInput);
  return { definition, revision: 1, createdAt: '', updatedAt: '' } as OAuth2Service;
}

/** Processes with memories of their own, one Redis and one clock. */
export function tokenScene(redis: Redis) {
  const clock = shiftedClock();
  const alerts = recordedAlerts();
  const credentials = { version: 'v1', values: SECRETS as Record<string, string> };
  /** What one process has read: as in life, it may be older than what is stored. */
  const cachedCredentials = () => {
    let known: { versionId: string; values: Record<string, string> } | undefined;
    const store = {
      current: async () => (known ??= { versionId: credentials.version, values: credentials.values }),
      used: () => undefined,
      forget: () => void (known = undefined),
    };
    return store as unknown as TokensDeps['credentials'];
  };
  const transport = createTransport({ isLocal: true });
  const process = (own: Partial<TokensDeps> = {}) => {
    const read = cachedCredentials();
    const shared = { redis, credentials: read, clock, random: systemRandom, ...own };
    const refusals = createRefusalCounter({ ...shared, alerts });
    return Object.assign(
      createTokens({ ...shared, refusals, transport, vaultKeys: async () => [vaultKey], ...own }),
      { refusals, credentials: read },
    );
  };
  const soon = () => ({ deadline: { at: clock.now() + 29_000 } });
  return { clock, alerts, credentials, process, soon, close: () => transport.close() };
}
