import type { Answer } from '../definition/predicate/answer.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { CallableService } from './definition.ts';
import { excerptOf } from './excerpt.ts';
import type { SentSecrets } from './mask-sent.ts';

/**
 * Some sites turn visitors away with a status of their own (999). HTTP has none above 599, and API Gateway carries none.
 * @throws GatewayError `PLATFORM_API_ERROR`
 */
export function refuseUnknownStatus(
  { definition }: CallableService,
  answer: Answer,
  secrets: SentSecrets,
): void {
  const { status } = answer;
  if (status <= 599) return;
  throw new GatewayError(
    'PLATFORM_API_ERROR',
    `${definition.code} answered ${status}, which is no HTTP status.`,
    {
      mayHaveHadEffect: true,
      upstream: { status, body: excerptOf(answer.text(), secrets) },
    },
  );
}
