import type { Agent } from 'node:http';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { keptAliveAgent } from './agents.ts';
import { BoundedHandler } from './bounded-handler.ts';

export interface AwsConnectionOptions {
  region: string;
  /** Absent: AWS's own for the region. */
  endpoint?: string | undefined;
  maxAttempts: number;
  /** Per attempt, the body included, milliseconds. */
  timeoutMs: number;
  /** Another client's, to share its connections. Absent: connections of its own. */
  agent?: Agent | undefined;
}

/** What a client of the AWS SDK is made with. */
export function awsConnection(options: AwsConnectionOptions) {
  const { region, endpoint, maxAttempts, timeoutMs } = options;
  const agent = options.agent ?? keptAliveAgent(endpoint ?? 'https:');
  return omitUndefined({
    region,
    endpoint,
    maxAttempts,
    requestHandler: new BoundedHandler(
      timeoutMs,
      endpoint?.startsWith('http:') ? { httpAgent: agent } : { httpsAgent: agent },
    ),
  });
}
