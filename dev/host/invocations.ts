import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { admit, refuse } from '../local-guard.ts';
import { readBody } from './body.ts';
import type { Functions } from './functions.ts';
import { PAYLOAD_LIMIT } from './response.ts';

/**
 * Lambda's Invoke, for `AWS_ENDPOINT_URL_LAMBDA`: `POST /{token}/2015-03-31/functions/{name}/invocations`, at once
 * (202) for `Event`, after the answer for `RequestResponse`. Asynchronous failures are told to `onFailure`.
 */
export function invocationServer(
  functions: Functions,
  token: string,
  onFailure: (functionName: string, error: unknown) => void,
): Server {
  return createServer((request, response) => {
    const target = admit(request, token);
    if (target === undefined) return refuse(response);
    serve(functions, onFailure, request, target, response).catch((error: unknown) => {
      reply(
        response,
        500,
        { Message: error instanceof Error ? error.message : 'failed' },
        'ServiceException',
      );
    });
  });
}

async function serve(
  functions: Functions,
  onFailure: (functionName: string, error: unknown) => void,
  request: IncomingMessage,
  target: string,
  response: ServerResponse,
): Promise<void> {
  const path = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?|$)/.exec(target);
  const name = decodeURIComponent(path?.[1] ?? '').replace(/^arn:.*:function:/, '');
  if (request.method !== 'POST' || !functions.has(name)) {
    return reply(response, 404, { Message: `Function not found: ${name}` }, 'ResourceNotFoundException');
  }
  const body = await readBody(request, PAYLOAD_LIMIT);
  if (!body) return reply(response, 413, { Message: 'over 6 MB' }, 'RequestTooLargeException');
  let event: unknown;
  try {
    event = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    return reply(response, 400, { Message: 'not JSON' }, 'InvalidRequestContentException');
  }
  if (request.headers['x-amz-invocation-type'] === 'Event') {
    functions.invoke(name, event).catch((error: unknown) => onFailure(name, error));
    return void response.writeHead(202).end();
  }
  try {
    reply(response, 200, (await functions.invoke(name, event)) ?? null);
  } catch (error) {
    response.setHeader('x-amz-function-error', 'Unhandled');
    const { name: errorType, message: errorMessage } =
      error instanceof Error ? error : new Error(String(error));
    reply(response, 200, { errorType, errorMessage });
  }
}

function reply(response: ServerResponse, status: number, body: unknown, errorType?: string): void {
  if (response.headersSent) return void response.destroy();
  if (errorType) response.setHeader('x-amzn-errortype', errorType);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
