import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GatewayError } from '../../runtime/errors.ts';
import { awsConnection } from '../kept-alive/aws-connection.ts';

/** Starts another function and does not wait for it. */
export interface Invoker {
  /**
   * Resolves when the event is queued (Lambda's `InvocationType: Event`), not when it ran. Delivery is
   * at-least-once. Rejects with `STORE_UNAVAILABLE` when it could not be queued.
   */
  invokeAsync(functionName: string, payload: object): Promise<void>;
}

export interface InvokerOptions {
  region: string;
  endpoint?: string | undefined;
  /** Per request, milliseconds. */
  timeoutMs?: number;
}

export function createInvoker({ region, endpoint, timeoutMs = 2_000 }: InvokerOptions): Invoker {
  const client = new LambdaClient(awsConnection({ region, endpoint, maxAttempts: 2, timeoutMs }));
  return {
    invokeAsync: async (functionName, payload) => {
      try {
        await client.send(
          new InvokeCommand({
            FunctionName: functionName,
            InvocationType: 'Event',
            Payload: Buffer.from(JSON.stringify(payload)),
          }),
        );
      } catch (error) {
        const { name = 'unknown' } = error as { name?: string };
        throw new GatewayError('STORE_UNAVAILABLE', `Lambda did not accept an event (${name}).`, {
          retryAfterSeconds: 1,
        });
      }
    },
  };
}
