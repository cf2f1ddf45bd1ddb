import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { once } from '../../lib/runtime/once.ts';
import { connectDocuments } from '../../lib/vendors/dynamodb/documents.ts';
import { keptAliveAgent } from '../../lib/vendors/kept-alive/agents.ts';
import { config } from './environment.ts';

/** One for both: a function makes one TLS handshake with DynamoDB. */
const connection = once(() => {
  const { region, endpoints } = config();
  const endpoint = endpoints.dynamodb;
  return omitUndefined({ region, endpoint, agent: keptAliveAgent(endpoint ?? 'https:') });
});

export const documents = once(() => connectDocuments(connection()));

/** Without the SDK's retries: the ledger retries itself, so that it knows what was sent. */
export const ledgerDocuments = once(() => connectDocuments({ ...connection(), maxAttempts: 1 }));
