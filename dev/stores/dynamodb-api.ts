/** Whom a request claims to come from. DynamoDB Local keeps a separate store per key and region. */
export interface DynamoDbTarget {
  endpoint: string;
  region: string;
  accessKeyId: string;
}

/** What DynamoDB answered instead: `name` is its error type, without the namespace. */
export class DynamoDbRefusal extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * One request to an emulator's JSON API, for what the product itself never does: creating tables, reading
 * streams. Emulators check the form of a signature, not its value, so there is none to compute.
 * @throws DynamoDbRefusal
 */
export async function askDynamoDb<T>(
  { endpoint, region, accessKeyId }: DynamoDbTarget,
  action: string,
  input: unknown,
  api: 'DynamoDB_20120810' | 'DynamoDBStreams_20120810' = 'DynamoDB_20120810',
): Promise<T> {
  const scope = `${accessKeyId}/20260101/${region}/dynamodb/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${api}.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { __type?: string; message?: string; Message?: string };
  if (!response.ok) {
    const type = answer.__type?.split('#').at(-1) ?? `Http${response.status}`;
    throw new DynamoDbRefusal(type, answer.message ?? answer.Message ?? 'no message');
  }
  return answer as T;
}
