import { Webhook } from 'standardwebhooks';

export interface SignedMessage {
  /** `webhook-id`: the same through all tries. */
  id: string;
  /** Of this try; milliseconds since the epoch. */
  at: number;
  body: string;
}

/** The three headers of a Standard Webhook (standardwebhooks.com), with one signature for each secret (`whsec_...`). */
export function signedHeaders(
  secrets: readonly string[],
  { id, at, body }: SignedMessage,
): Record<string, string> {
  const time = new Date(at);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, time, body)).join(' '),
  };
}
