/** A partner's request and answer, for OpenAPI; the protocols of `lib/partners` read and write them. */
import * as z from 'zod';

export const WebhookEnvelope = z
  .object({
    data: z.string().describe('base64 of AES-256-CBC(JSON)'),
    iv: z.string().describe('base64 of 16 bytes'),
    timestamp: z.union([z.int(), z.string()]).describe('Seconds since the epoch, within 300 s of now'),
    sign: z.string().describe('hex of sha256(data . iv . timestamp . key)'),
  })
  .describe('In the body, or in the headers X-Encrypted-Data, X-Timestamp, X-Signature');
export const WebhookPayload = z
  .looseObject({})
  .describe('What the partner sends, JSON or a form, signed as `webhook.protocol` says');
export const WebhookBody = z.union([WebhookEnvelope, WebhookPayload]);
export const WebhookAnswer = z.object({
  success: z.literal(true),
  data: z.looseObject({}),
  replayed: z
    .boolean()
    .optional()
    .describe(
      'This transactionId was settled before, or this was forwarded before: the first answer is repeated',
    ),
});
