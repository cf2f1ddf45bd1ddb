import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { admit, localToken, refuse } from '../local-guard.ts';
import { ACTIONS } from './secrets-actions.ts';
import { SecretsRefusal, SecretsStore } from './secrets-store.ts';

export interface EmbeddedSecretsManager {
  /** With its token: who knows it may read every secret. */
  endpoint: string;
  describe: string;
  stop(): Promise<void>;
}

export interface SecretsManagerStart {
  /** `{dataDir}/secrets.json`; `memory` keeps nothing. */
  dataDir: string;
  region?: string;
}

const MAX_BODY_BYTES = 256 * 1024;

/**
 * Secrets Manager on a free loopback port, as far as this product asks it: AWS JSON 1.1, versions and their
 * labels as AWS moves them.
 */
export async function startSecretsManager({
  dataDir,
  region = 'us-east-1',
}: SecretsManagerStart): Promise<EmbeddedSecretsManager> {
  const file = dataDir === 'memory' ? undefined : join(dataDir, 'secrets.json');
  const store = new SecretsStore(file);

  const token = localToken();

  const server = createServer((request, response) => {
    if (admit(request, token) === undefined) return refuse(response);
    act(store, request, region).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, ...refusal(error)),
    );
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    endpoint: `${address}/${token}`,
    describe: `Secrets Manager (embedded, ${file ?? 'in memory'}) at ${address}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function act(store: SecretsStore, request: IncomingMessage, region: string): Promise<object> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const name = target.startsWith('secretsmanager.') ? target.slice('secretsmanager.'.length) : '';
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const body = await readBody(request);
  if (!action)
    throw new SecretsRefusal(
      'UnknownOperationException',
      `This Secrets Manager does not know ${name || 'this request'}.`,
    );
  return action(store, body, region);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new SecretsRefusal('InvalidParameterException', 'The request is too long.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new SecretsRefusal('SerializationException', 'The request is not JSON.');
  }
}

function refusal(error: unknown): [status: number, body: object] {
  if (error instanceof SecretsRefusal) return [400, { __type: error.name, message: error.message }];
  // Most likely an error of the state file: an errno reveals none of its content.
  const cause = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return [500, { __type: 'InternalServiceError', message: `The secret could not be stored (${cause}).` }];
}
