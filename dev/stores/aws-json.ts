import { addressOf } from '../local-guard.ts';

/** Whom a request claims to come from. DynamoDB Local keeps a separate store per key and region. */
export interface AwsTarget {
  endpoint: string;
  region: string;
  accessKeyId: string;
}

/** What a service answered instead: `name` is its error type, without the namespace. */
export class AwsRefusal extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Headers of a signature that is none: emulators check its form, not its value. */
export const unsigned = (
  { region, accessKeyId }: Pick<AwsTarget, 'region' | 'accessKeyId'>,
  service: 'dynamodb' | 'secretsmanager' = 'dynamodb',
) => ({
  'x-amz-date': '20260101T000000Z',
  authorization:
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${region}/${service}/aws4_request, ` +
    'SignedHeaders=host, Signature=0',
});

/**
 * One request to an emulator's JSON API, for what the product itself never does: creating tables, reading
 * streams.
 * @throws AwsRefusal, or Error naming the address when there is no answer.
 */
export async function askAws<T>(
  { endpoint, region, accessKeyId }: AwsTarget,
  service: 'dynamodb' | 'secretsmanager',
  target: string,
  input: object,
): Promise<T> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': `application/x-amz-json-${service === 'dynamodb' ? '1.0' : '1.1'}`,
      'x-amz-target': target,
      ...unsigned({ region, accessKeyId }, service),
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: unknown) => {
    throw new Error(`No answer from ${addressOf(endpoint)} (${service}).`, { cause });
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw refusal(response.status, answer);
  return answer as T;
}

function refusal(status: number, answer: Record<string, unknown>): AwsRefusal {
  const type = answer['__type'];
  const name = typeof type === 'string' ? type.split('#').at(-1)! : `Http${status}`;
  const message = answer['message'] ?? answer['Message'];
  return new AwsRefusal(name, typeof message === 'string' ? message : 'no message');
}

/** For `catch`: swallows one kind of refusal. */
export function except(name: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof AwsRefusal) || error.name !== name) throw error;
  };
}
