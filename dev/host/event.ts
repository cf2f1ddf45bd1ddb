import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2,
  APIGatewayRequestAuthorizerEventV2,
} from 'aws-lambda';
import { gatewayPath } from './path.ts';
import type { GatewayPath } from './path.ts';
import type { RouteMatch } from './routes.ts';

const ACCOUNT = '000000000000';
const API = 'local';

/** A request target as API Gateway reads it. */
export interface Target extends GatewayPath {
  /** As received, encoded. */
  rawQueryString: string;
}

/** `undefined`: its path cannot be decoded. */
export function targetOf(target: string): Target | undefined {
  const start = target.startsWith('/') ? 0 : Math.max(0, target.indexOf('/', target.indexOf('://') + 3));
  const mark = target.indexOf('?', start);
  const path = gatewayPath(target.slice(start, mark === -1 ? undefined : mark));
  return path && { ...path, rawQueryString: mark === -1 ? '' : target.slice(mark + 1) };
}

/** A payload 2.0 event of an HTTP API. */
export function toEvent(
  request: IncomingMessage,
  { rawPath, rawQueryString }: Target,
  match: RouteMatch,
  body: Buffer,
): APIGatewayProxyEventV2 {
  const headers = headersOf(request);
  const text = body.length === 0 || isText(headers, body);
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath,
    rawQueryString,
    headers,
    requestContext: contextOf(request, match, rawPath, headers),
    isBase64Encoded: !text,
  };
  if (headers['cookie'] !== undefined) event.cookies = headers['cookie'].split(/;\s*/);
  if (rawQueryString !== '') event.queryStringParameters = queryOf(rawQueryString);
  if (Object.keys(match.pathParameters).length > 0) event.pathParameters = match.pathParameters;
  if (body.length > 0) event.body = body.toString(text ? 'utf8' : 'base64');
  return event;
}

/** What a request authorizer (payload 2.0) is given for the same request: no body. */
export function toAuthorizerEvent(event: APIGatewayProxyEventV2): APIGatewayRequestAuthorizerEventV2 {
  const { routeKey, rawPath, rawQueryString, headers, requestContext } = event;
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:local:${ACCOUNT}:${API}/$default/${requestContext.http.method}${rawPath}`,
    identitySource: [],
    routeKey,
    rawPath,
    rawQueryString,
    cookies: event.cookies ?? [],
    headers,
    ...(event.queryStringParameters ? { queryStringParameters: event.queryStringParameters } : {}),
    requestContext: { ...requestContext, http: { ...requestContext.http } },
    ...(event.pathParameters ? { pathParameters: event.pathParameters } : {}),
    stageVariables: {},
  };
}

/** Lower-case names, repeated headers joined by a comma; what a proxy in front adds is added. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const raw = request.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const value = raw[at + 1]!;
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ','}${value}`;
  }
  const source = request.socket.remoteAddress ?? '127.0.0.1';
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? source : `${before}, ${source}`;
  headers['x-forwarded-port'] = String(request.socket.localPort ?? 80);
  headers['x-forwarded-proto'] = 'http';
  return headers;
}

function queryOf(rawQueryString: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  }
  return query;
}

/** API Gateway hands text over as text and everything else in base64; it does so to forms, too. */
function isText(headers: Record<string, string>, body: Buffer): boolean {
  if (headers['content-encoding'] !== undefined) return false;
  const type = headers['content-type'] ?? '';
  if (!/^(?:$|text\/|application\/(?:json|xml|javascript|[\w.-]+\+(?:json|xml))(?:;|\s|$))/i.test(type)) {
    return false;
  }
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  return /^(?:utf-?8|us-ascii)$/i.test(charset) && isUtf8(body);
}

function contextOf(
  request: IncomingMessage,
  match: RouteMatch,
  path: string,
  headers: Record<string, string>,
): APIGatewayEventRequestContextV2 {
  const now = new Date();
  return {
    accountId: ACCOUNT,
    apiId: API,
    domainName: headers['host'] ?? 'localhost',
    domainPrefix: API,
    http: {
      method: request.method ?? 'GET',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey: match.routeKey,
    stage: '$default',
    time: commonLogTime(now),
    timeEpoch: now.getTime(),
  };
}

/** `21/Nov/2026:04:47:22 +0000` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
