/**
 * Requests of DynamoDB's JSON protocol past the SDK's middleware, which takes more CPU for one than all else that a call
 * does: for what is written with every call (bench/proxy.ts).
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { once } from '../../runtime/once.ts';
import { postSigner } from '../aws-signature/post-signer.ts';
import type { SignPost } from '../aws-signature/post-signer.ts';

/** DynamoDB refused a request. `name` is what it calls the reason, as of the SDK's errors. */
class RequestRefused extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * One request, once: its caller retries. Rejects with DynamoDB's refusal, or what became of the connection.
 * @param action `BatchWriteItem`
 * @param timeoutMs with its answer's body.
 */
export type PlainRequest = (action: string, input: object, timeoutMs: number) => Promise<object>;

const JSON_TYPE = 'application/x-amz-json-1.0';

interface Response {
  statusCode: number;
  body: Buffer;
}

/** Credentials and connections are those of the client. @param endpoint absent: AWS's own for its region. */
export function plainRequests({ config }: DynamoDBClient, endpoint: string | undefined): PlainRequest {
  const address = once(async () => {
    if (endpoint !== undefined) return new URL(endpoint);
    const Region = await config.region();
    return config.endpointProvider({ Region, UseFIPS: false, UseDualStack: false }).url;
  });

  let signer: { credentials: object; sign: SignPost } | undefined;
  const signerNow = async (): Promise<SignPost> => {
    const credentials = await config.credentials();
    if (signer?.credentials !== credentials) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const region = await config.region();
      const sign = postSigner({ region, service: 'dynamodb', accessKeyId, secretAccessKey, sessionToken });
      signer = { credentials, sign };
    }
    return signer.sign;
  };

  return async (action, input, timeoutMs) => {
    const { protocol, host, hostname, port } = await address();
    const sign = await signerNow();
    const body = JSON.stringify(input);
    const target = `DynamoDB_20120810.${action}`;
    const headers = sign(host, { 'content-type': JSON_TYPE, 'x-amz-target': target }, body, Date.now());
    const { response } = (await config.requestHandler.handle(
      {
        method: 'POST',
        protocol,
        hostname,
        port: port === '' ? undefined : Number(port),
        path: '/',
        headers,
        body,
      },
      { requestTimeout: timeoutMs },
    )) as { response: Response };
    return read(response);
  };
}

function read({ statusCode, body }: Response): object {
  const answer = JSON.parse(body.toString('utf8')) as { __type?: string; message?: string };
  if (statusCode === 200) return answer;
  const { __type: type, message = '' } = answer;
  throw new RequestRefused(type?.split('#').at(-1) ?? `status ${statusCode}`, message);
}
