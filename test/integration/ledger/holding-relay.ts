import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that its sender has given up on, and that has not reached DynamoDB yet. */
export interface HeldRequest {
  /** Lets it through. @returns what DynamoDB answers to it: its status, and the body. */
  release(): Promise<{ status: number; body: string }>;
}

export interface HoldingRelay {
  /** Where a client connects in place of DynamoDB. */
  endpoint: string;
  /** The next request of this kind (`TransactWriteItems`) that comes after `skip` others of it is held back. */
  holdNext(action: string, skip?: number): Promise<HeldRequest>;
  close(): Promise<void>;
}

/** Stands on the wire between a client and DynamoDB; what it holds back never gets an answer. */
export async function startHoldingRelay(dynamoDb: string): Promise<HoldingRelay> {
  let trap: { action: string; skip: number; caught: (held: HeldRequest) => void } | undefined;
  const forward = (headers: IncomingHttpHeaders, body: Buffer) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const outgoing = request(dynamoDb, { method: 'POST', headers }, (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, body: bytes.toString() }),
          reject,
        );
      });
      outgoing.on('error', reject).end(body);
    });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { headers } = incoming;
    const body = await buffer(incoming);
    if (trap && headers['x-amz-target']?.toString().endsWith(`.${trap.action}`) && trap.skip-- === 0) {
      const { caught } = trap;
      trap = undefined;
      return caught({ release: () => forward(headers, body) });
    }
    const answer = await forward(headers, body);
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.body);
  }

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdNext: (action, skip = 0) => new Promise((caught) => (trap = { action, skip, caught })),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
