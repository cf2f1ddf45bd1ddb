/** Anybody who takes Standard Webhooks: the alert as its GET shows it. */
import { byStatus } from '../send.ts';
import { standardWebhook } from '../standard-webhook.ts';
import { TOO_MANY } from './code-answer.ts';
import { httpAddress } from './format.ts';
import type { Format } from './format.ts';

/** `whsec_` and base64 of 24 bytes or more, as Standard Webhooks has it. */
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const webhook: Format = {
  ...httpAddress('path'),
  secretProblem: (secret) =>
    SECRET.test(secret) ? undefined : 'must be whsec_ and base64 of 24 bytes or more',
  newSecret: (bytes) => `whsec_${bytes.toString('base64')}`,
  compose: (_notice, { url, secret = '' }, { now }, message) =>
    standardWebhook({ url, secrets: [secret] }, message, now),
  judge: (answer) => (answer.status === TOO_MANY ? { outcome: 'busy' } : byStatus(answer)),
};
