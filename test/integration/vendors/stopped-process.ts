/**
 * A process with one client of each kind: `node stopped-process.ts '{addresses}'`. On the name of one it uses it and
 * answers what came back. Time limits are long: a call on a dead connection does not end by itself.
 */
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { createTransport } from '../../../lib/vendors/http/undici-transport.ts';
import { createInvoker } from '../../../lib/vendors/lambda/invoke.ts';
import { connectRedis } from '../../../lib/vendors/redis/redis.ts';
import { connectSecrets } from '../../../lib/vendors/secrets/secrets.ts';

export interface Addresses {
  region: string;
  dynamodb: string;
  table: string;
  secrets: string;
  secret: string;
  lambda: string;
  redis: { url: string; token: string };
  platform: string;
}

const timeoutMs = 60_000;
const { region, dynamodb, table, secrets, secret, lambda, redis, platform } = JSON.parse(
  process.argv[2]!,
) as Addresses;
const documents = connectDocuments({ region, endpoint: dynamodb, timeoutMs });
const secretsManager = connectSecrets({ region, endpoint: secrets, timeoutMs });
const invoker = createInvoker({ region, endpoint: lambda, timeoutMs });
const store = connectRedis({ ...redis, timeoutMs });
const transport = createTransport({ isLocal: true });

const send = async (method: string) => {
  const limits = { timeoutMs, deadline: { at: Date.now() + timeoutMs }, maxBytes: 1_000 };
  const answer = await transport.send({ method, url: platform, headers: {}, ...limits });
  return answer.body.toString();
};

const USES: Record<string, () => Promise<unknown>> = {
  DynamoDB: () => documents.put(table, { pk: 'A', sk: 'A' }),
  Redis: () => store.set('stopped-process', 'here'),
  SecretsManager: () => secretsManager.getVersion(secret, 'AWSCURRENT'),
  Lambda: () => invoker.invokeAsync('gatehouse-test-keepalive', {}),
  platform: () => send('GET'),
  platformWrite: () => send('POST'),
};

process.on('message', (name: string) => {
  USES[name]!().then(
    () => process.send!({ name, outcome: 'ok' }),
    (error: unknown) => process.send!({ name, outcome: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send!('ready');
