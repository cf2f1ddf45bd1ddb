import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { once } from '../../lib/runtime/once.ts';
import { openConnections } from '../../lib/vendors/dynamodb/connections.ts';
import { connectDocuments } from '../../lib/vendors/dynamodb/documents.ts';
import { config } from './environment.ts';

/** One handshake for both. */
const connections = once(() => openConnections());
const connection = () =>
  omitUndefined({
    region: config().region,
    endpoint: config().endpoints.dynamodb,
    connections: connections(),
  });

export const documents = once(() => connectDocuments(connection()));

/** Without the SDK's retries: the ledger retries itself, so that it knows what was sent. */
export const ledgerDocuments = once(() => connectDocuments({ ...connection(), maxAttempts: 1 }));
