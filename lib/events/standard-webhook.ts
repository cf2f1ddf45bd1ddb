import { signedHeaders } from '../vendors/standard-webhooks/sign.ts';
import type { Message, Posting } from './send.ts';

/**
 * A message as a Standard Webhook, signed with each of the secrets.
 * @param now of this try; milliseconds since the epoch
 */
export function standardWebhook(
  { url, secrets }: { url: string; secrets: readonly string[] },
  { id, type, at, dataText }: Message,
  now: number,
): Posting {
  // Text, not an object: the digits in it are the ones that were committed.
  const body = `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(at)},"data":${dataText}}`;
  return {
    url,
    headers: { ...signedHeaders(secrets, { id, at: now, body }), 'content-type': 'application/json' },
    body,
  };
}
