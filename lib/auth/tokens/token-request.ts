/** One request to a token endpoint, and what its answer means (RFC 6749 2.3.1, 5). */
import * as z from 'zod';
import { readAnswer } from '../../definition/predicate/answer.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import { asLoginError, credentialsRejected } from '../../platforms/login/login-error.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { changedError, GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import type { OAuth2Service } from './definition.ts';
import type { Grants } from './grants.ts';
import type { GrantedToken } from './token-document.ts';

const MAX_BYTES = 256 * 1_024;

/** `expires_in` may be text, and what cannot be read counts as not said. */
const Granted = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().optional().catch(undefined),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
  refresh_token: z.string().min(1).max(16_384).optional().catch(undefined),
});

/** `error` of an answer that refuses the credentials; the second is GitHub's. */
const REFUSED = new Set(['invalid_client', 'invalid_grant', 'incorrect_client_credentials', 'access_denied']);
/** It may go better later, whatever the status. */
const OUTAGE = new Set(['server_error', 'temporarily_unavailable', 'slow_down']);
/** A token of these types is worth nothing without a signature over each request. */
const BOUND = /^(?:mac|pop|dpop)$/i;

/**
 * Rejects with `AUTHENTICATION_FAILED` when it refuses the credentials, `PLATFORM_UNAVAILABLE` (down, or no answer),
 * `PLATFORM_BUSY`, `CONFIGURATION_ERROR` for a request that it does not accept, `DEADLINE_EXCEEDED`.
 */
export async function requestToken(
  { definition }: OAuth2Service,
  { client, fields }: { client: Grants['client']; fields: Record<string, string> },
  deadline: Deadline,
  transport: Transport,
): Promise<GrantedToken> {
  const { auth, code, timeoutSeconds } = definition;
  const inForm = auth.clientAuth === 'post';
  const own = inForm
    ? { client_id: client.id, ...(client.secret === '' ? {} : { client_secret: client.secret }) }
    : {};
  const response = await transport
    .send({
      method: 'POST',
      url: auth.tokenUrl,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(inForm ? {} : { authorization: basic(client) }),
      },
      body: Buffer.from(new URLSearchParams({ ...fields, ...own }).toString()),
      timeoutMs: timeoutSeconds * 1_000,
      deadline,
      maxBytes: MAX_BYTES,
    })
    .catch((error: unknown) => {
      // The caller's own request was not sent.
      throw changedError(asLoginError(code, error), { mayHaveHadEffect: false });
    });
  return grantedBy(code, readAnswer(response));
}

/** RFC 6749 2.3.1: both halves are form-encoded first. */
function basic({ id, secret }: Grants['client']): string {
  const [user, password] = [id, secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function grantedBy(code: string, answer: Answer): GrantedToken {
  const { status } = answer;
  const body = answer.json();
  const error = errorOf(body);
  if (status >= 200 && status < 300 && error === undefined) {
    const granted = Granted.safeParse(body).data;
    if (!granted) throw unavailable(code, 'answered without a token');
    const { access_token, token_type = 'Bearer', expires_in, refresh_token } = granted;
    if (BOUND.test(token_type))
      throw misconfigured(code, `gives out ${token_type} tokens, which are not supported`);
    return { accessToken: access_token, expiresIn: expires_in, refreshToken: refresh_token };
  }
  if (status === 429) {
    const seconds = Number(/^\d{1,6}$/.exec(answer.headers['retry-after'] ?? '')?.[0] ?? Number.NaN);
    throw new GatewayError('PLATFORM_BUSY', `The token endpoint of ${code} asks to come back later.`, {
      ...omitUndefined({ retryAfterSeconds: Number.isNaN(seconds) ? undefined : seconds }),
    });
  }
  if (status >= 500 || (error !== undefined && OUTAGE.has(error)))
    throw unavailable(code, `answered ${status}`);
  if (status === 401 || (error !== undefined && REFUSED.has(error))) throw credentialsRejected(code);
  throw misconfigured(code, `does not accept the request: ${[status, error].filter(Boolean).join(' ')}`);
}

/** Its code alone: what else an answer says may repeat what was sent. */
function errorOf(body: unknown): string | undefined {
  const error = z.object({ error: z.string().regex(/^[\w.-]{1,64}$/) }).safeParse(body).data?.error;
  return error === '' ? undefined : error;
}

const unavailable = (code: string, what: string) =>
  new GatewayError('PLATFORM_UNAVAILABLE', `The token endpoint of ${code} ${what}.`, {
    internal: { step: 'token' },
  });

const misconfigured = (code: string, what: string) =>
  new GatewayError('CONFIGURATION_ERROR', `The token endpoint of ${code} ${what}.`);
