/** Whom a request claims to come from: emulators check the form of a signature only. */
export interface SecretsTarget {
  endpoint: string;
  region: string;
  accessKeyId: string;
}

/** Creates a secret unless there is one; `make` is asked for its value only then. */
export async function ensureSecret(target: SecretsTarget, name: string, make: () => string): Promise<void> {
  const described = await ask(target, 'DescribeSecret', { SecretId: name });
  if (described.ok) return;
  const created = await ask(target, 'CreateSecret', { Name: name, SecretString: make() });
  if (!created.ok && created.type !== 'ResourceExistsException') throw failure(name, created.type);
}

/** Creates or replaces a secret; the value it had becomes `AWSPREVIOUS`. */
export async function putSecret(target: SecretsTarget, name: string, value: string): Promise<void> {
  const put = await ask(target, 'PutSecretValue', { SecretId: name, SecretString: value });
  if (put.ok) return;
  const created = await ask(target, 'CreateSecret', { Name: name, SecretString: value });
  if (!created.ok) throw failure(name, created.type);
}

function failure(name: string, type: string): Error {
  return new Error(`Secrets Manager refused to create ${name} (${type}).`);
}

async function ask({ endpoint, region, accessKeyId }: SecretsTarget, action: string, input: object) {
  const scope = `${accessKeyId}/20260101/${region}/secretsmanager/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { __type?: string };
  return { ok: response.ok, type: answer.__type?.split('#').at(-1) ?? `Http${response.status}` };
}
