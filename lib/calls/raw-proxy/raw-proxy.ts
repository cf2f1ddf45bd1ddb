import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { pageCharset } from '../../auth/authenticator.ts';
import { isSealed } from '../../auth/strategies.ts';
import { baseOf } from '../../definition/service.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { redactBody } from '../../text/redaction/redact.ts';
import { defaultHeadersOf } from '../default-headers.ts';
import type { SentSecrets } from '../mask-sent.ts';
import { withOwnQuery } from '../../text/own-query.ts';
import { findService, runCall } from '../pipeline.ts';
import type { PipelineDeps } from '../pipeline.ts';
import type { CallContext, Called } from '../call.ts';
import { inboundHeaders, outboundHeaders, withoutOurs } from './headers.ts';
import { allowedBy, safeProxyPath } from './path.ts';

export interface ProxyInput {
  service: string;
  method: string;
  /** After `/proxy`, as API Gateway hands it to us: decoded, with its leading "/". */
  path: string;
  /** Without "?"; as the caller wrote it. */
  query: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
}

/** What is returned: status and body unchanged, headers without those not meant for the caller. */
export interface ProxyResult {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface ProxyDeps extends PipelineDeps {
  credentials: CredentialStore;
  failureStatus: (error: unknown) => number;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const METHODS = new Set([...SAFE, 'POST', 'PUT', 'PATCH', 'DELETE']);
const EXCERPT = 4_096;

export const isSafe = (method: string) => SAFE.has(method);

/**
 * Passes a request through, logged in. Rejects with `CallFailed`, or with `NOT_FOUND`,
 * `SERVICE_UNAVAILABLE`, `PATH_NOT_ALLOWED`, `MALFORMED_REQUEST`.
 */
export async function callProxy(
  input: ProxyInput,
  context: CallContext,
  deps: ProxyDeps,
): Promise<Called<ProxyResult>> {
  const service = await findService(deps.catalog, input.service);
  const { definition } = service;
  if (!METHODS.has(input.method)) {
    throw new GatewayError('MALFORMED_REQUEST', `The proxy does not support the method ${input.method}.`);
  }
  if (isSealed(definition.auth)) {
    throw new GatewayError('PATH_NOT_ALLOWED', 'A service whose calls are sealed has no raw proxy.');
  }
  const path = safeProxyPath(input.path, definition.allowedPaths);
  const url = baseOf(definition) + path + (input.query === '' ? '' : `?${safeQuery(input.query)}`);
  const passed = outboundHeaders(input.headers, definition.allowedHeaders);

  return runCall<ProxyResult>(
    service,
    {
      label: {
        method: input.method,
        path,
        request:
          input.body.length > 0
            ? redactBody(input.body, { contentType: input.headers['content-type'], max: EXCERPT })
            : undefined,
      },
      send: {
        operation: `${input.method} ${allowedBy(input.path, definition.allowedPaths)}`,
        build: async (auth) => {
          const defaultHeaders = await defaultHeadersOf(definition, deps, auth.account);
          const target = withOwnQuery(url, auth.query);
          const { headers: defaults, secrets } = defaultHeaders(auth.values);
          // Of the body, which is the caller's.
          if (passed['content-type'] !== undefined) delete defaults['content-type'];
          const ours = omitUndefined({
            'user-agent': auth.userAgent,
            ...defaults,
            ...auth.headers,
            cookie: auth.cookieHeader?.(target),
          });
          return {
            method: input.method,
            url: target,
            headers: { ...withoutOurs(passed, ours), ...ours },
            ...(input.body.length > 0 ? { body: input.body } : {}),
            ...omitUndefined({ secrets }),
          };
        },
        repeatable: isSafe(input.method) || context.idempotencyKey !== undefined,
        timeoutSeconds: definition.timeoutSeconds,
      },
      interpret: (answer, sent) => ({
        status: answer.status,
        headers: masked(inboundHeaders(answer.headers, { baseUrl: definition.baseUrl }), sent),
        body: sent.maskBytes(answer.body),
      }),
      outcome: ({ status, headers, body }, sent) => ({
        status,
        upstreamStatus: status,
        response: redactBody(body, {
          contentType: headers['content-type'],
          charset: pageCharset(service),
          max: EXCERPT,
          mask: (text) => sent.mask(text),
        }),
      }),
      failureStatus: deps.failureStatus,
    },
    context,
    deps,
  );
}

/** A redirect or a link to the next page may repeat the query that carries our key. */
function masked(headers: Record<string, string>, secrets: SentSecrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secrets.maskHeader(value)]),
  );
}

/** API Gateway may pass characters that a request line cannot carry: they are percent-encoded. */
function safeQuery(query: string): string {
  if (!query.isWellFormed() || /[\r\n\0]/.test(query)) {
    throw new GatewayError('MALFORMED_REQUEST', 'The query contains an invalid character.');
  }
  return query.replaceAll(/[^\x21-\x7e]/gu, (char) => encodeURIComponent(char));
}
