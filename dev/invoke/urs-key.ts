import * as z from 'zod';
import { names } from '../../lib/runtime/config.ts';
import { SANDBOX_APP_KEY } from '../sandbox/urs/service.ts';
import { askAws } from '../stores/aws-json.ts';
import type { StackEnvironment } from './stack-environment.ts';

const Stored = z.object({
  SecretString: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.object({ appKey: z.string() })),
});

/** What URS seals with: the credentials of the stack that runs; without one, the sandbox's. */
export async function ursKey(stack: StackEnvironment | undefined): Promise<string> {
  if (!stack) return SANDBOX_APP_KEY;
  const secret = names(stack.GATEHOUSE_STAGE).secrets.credentials('URS_PROMOTION');
  const target = {
    endpoint: stack.AWS_ENDPOINT_URL_SECRETS_MANAGER,
    region: stack.AWS_REGION,
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] || 'local',
  };
  const answer = await askAws(target, 'secretsmanager', 'secretsmanager.GetSecretValue', {
    SecretId: secret,
  }).catch(() => undefined);
  return Stored.safeParse(answer).data?.SecretString.appKey ?? SANDBOX_APP_KEY;
}
