/** A DynamoDB of the test's own that asks each function of the local host for its role. */
import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { runningFunction } from '../../dev/host/functions.ts';
import { startDynamoDb } from '../../dev/stores/dynamodb.ts';
import { startDynamoDbWire } from './dynamodb-wire.ts';
import type { DynamoDbWire } from './dynamodb-wire.ts';
import { readGrants } from './grants.ts';

const STAGE = 'local';
const HEADER = 'x-gatehouse-function';

export async function startGuardedDynamoDb(): Promise<
  Pick<DynamoDbWire, 'endpoint' | 'gather' | 'used' | 'stop'>
> {
  const engine = await startDynamoDb('memory');
  const grants = readGrants(STAGE);
  const wire = await startDynamoDbWire({
    upstream: engine.endpoint,
    stage: STAGE,
    grantsOf: ({ [HEADER]: name }) =>
      typeof name === 'string' ? { name, grants: grants[name] ?? new Set() } : undefined,
  });
  const { host } = new URL(wire.endpoint);
  const onRequest = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    const name = runningFunction.getStore();
    if (name !== undefined && request.getHeader('host') === host) request.setHeader(HEADER, name);
  };
  diagnostics.subscribe('http.client.request.created', onRequest);
  return {
    endpoint: wire.endpoint,
    gather: wire.gather,
    used: wire.used,
    async stop() {
      diagnostics.unsubscribe('http.client.request.created', onRequest);
      try {
        await wire.stop();
      } finally {
        await engine.stop();
      }
    },
  };
}
