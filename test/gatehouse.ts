import { startLocal } from '../dev/local.ts';
import type { LocalStack } from '../dev/local.ts';
import type { DynamoDbWire } from './faults/dynamodb-wire.ts';
import { startGuardedDynamoDb } from './faults/guarded-dynamodb.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  bytes: Buffer;
  /** The body as JSON. */
  json: unknown;
  /** What stands in the JSON at `errors.0.field`; `undefined` where there is nothing. */
  at<T = unknown>(path: string): T;
}

export interface AskOptions {
  key?: string | null;
  headers?: Record<string, string>;
  /** A string or bytes go as they are, anything else as JSON. */
  body?: unknown;
}

export interface Gatehouse {
  stack: LocalStack;
  url: string;
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Puts a definition, and credentials where given; fails the test when that is refused. */
  register(definition: Record<string, unknown> & { code: string }, credentials?: object): Promise<void>;
  call(code: string, operation: string, params?: object, options?: AskOptions): Promise<Answer>;
  /** Requests to DynamoDB that wait for each other: see `DynamoDbWire`. */
  gather: DynamoDbWire['gather'];
  /** What each function has asked of DynamoDB: `proxy dynamodb:Query gatehouse-local-registry`. */
  permissionsUsed: ReadonlySet<string>;
  /** @throws Error naming what a function asked of DynamoDB without a grant of its role. */
  stop(): Promise<void>;
}

/**
 * The whole product in memory on a free port, without the sandbox unless asked for. Its DynamoDB lets each function do
 * what its role allows.
 */
export async function startGatehouse({ sandbox = false } = {}): Promise<Gatehouse> {
  const dynamoDb = await startGuardedDynamoDb();
  const stack = await startLocal({
    port: 0,
    dataDir: 'memory',
    sandbox,
    env: {
      ...process.env,
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'SILENT',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
    },
  });
  const { url, adminKey } = stack;

  const ask: Gatehouse['ask'] = async (method, path, { key = adminKey, headers = {}, body } = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString('utf8');
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      text,
      get json() {
        return JSON.parse(text) as unknown;
      },
      at: <T>(path: string) =>
        path
          .split('.')
          .reduce<unknown>(
            (value, name) => (value as Record<string, unknown> | undefined)?.[name],
            JSON.parse(text),
          ) as T,
    };
  };

  return {
    stack,
    url,
    ask,
    call: (code, operation, params = {}, options = {}) =>
      ask('POST', `/v1/services/${code}/operations/${operation}`, { ...options, body: { params } }),
    async register(definition, credentials) {
      const path = `/v1/admin/services/${definition.code}`;
      const put = await ask('PUT', path, { body: definition });
      if (put.status > 201) throw new Error(`The definition was refused: ${put.text}`);
      if (!credentials) return;
      const stored = await ask('PUT', `${path}/credentials`, { body: credentials });
      if (stored.status !== 200) throw new Error(`The credentials were refused: ${stored.text}`);
    },
    gather: dynamoDb.gather,
    permissionsUsed: dynamoDb.used,
    async stop() {
      await stack.stop();
      await dynamoDb.stop();
    },
  };
}
