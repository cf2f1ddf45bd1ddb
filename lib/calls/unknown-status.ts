import type { Answer } from '../definition/predicate/answer.ts';
import { GatewayError } from '../runtime/errors.ts';
import { redactText } from '../text/redaction/redact.ts';
import type { CallableService } from './definition.ts';
import type { MaskSecrets } from './mask-sent.ts';

const EXCERPT = 4_096;

/**
 * Some sites turn visitors away with a status of their own (999). HTTP has none above 599, and API Gateway carries none.
 * @throws GatewayError `PLATFORM_API_ERROR`
 */
export function refuseUnknownStatus(
  { definition }: CallableService,
  answer: Answer,
  maskSecrets: MaskSecrets,
): void {
  const { status } = answer;
  if (status <= 599) return;
  throw new GatewayError(
    'PLATFORM_API_ERROR',
    `${definition.code} answered ${status}, which is no HTTP status.`,
    {
      mayHaveHadEffect: true,
      upstream: { status, body: maskSecrets(redactText(answer.text(), EXCERPT)) },
    },
  );
}
