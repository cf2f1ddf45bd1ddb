/**
 * Standard Webhooks (standardwebhooks.com, 1.0.0), the symmetric kind: `v1` is base64 of HMAC-SHA256 over id, timestamp and
 * body, joined by dots.
 */
import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { verifier } from '../protocol.ts';
import { RequestRejected } from '../rejected.ts';
import { MAX_SIGNATURES, signerOf, usableVersions } from '../signer.ts';
import { refuseOutside, secondsOf } from '../window.ts';
import { keyOf } from './secret.ts';

const SECRET = 'webhookSecret';
const MAX_ID = 256;

export const standardWebhooks = verifier({
  schema: z.strictObject({ type: z.literal('STANDARD_WEBHOOKS') }),
  credentials: [SECRET],

  credentialProblem: (name, value) =>
    name === SECRET && !keyOf(value) ? 'must be "whsec_" and a key in base64' : undefined,

  read({ headers, body }) {
    const { 'webhook-id': id = '', 'webhook-timestamp': timestamp } = headers;
    const given = signaturesIn(headers['webhook-signature'] ?? '');
    if (id === '' || id.length > MAX_ID || given.length === 0) throw new RequestRejected('MALFORMED');
    return { id, sentAt: secondsOf(timestamp), signed: `${id}.${timestamp}.`, body, given };
  },

  verify({ id, sentAt, signed, body, given }, { code, versions, ...window }) {
    refuseOutside(sentAt, window);
    const { versionId } = signerOf(usableVersions(code, versions, [SECRET]), given, ({ values }) => {
      const key = keyOf(values[SECRET]!);
      if (!key)
        throw new GatewayError('CONFIGURATION_ERROR', `${code}: {{credentials.${SECRET}}} is no key.`);
      return createHmac('sha256', key).update(signed).update(body).digest('base64');
    });
    return { keyVersionId: versionId, sentAt, id };
  },
});

/** `v1,{base64}`, separated by spaces, or by commas where the header came several times. Other versions are not ours to check. */
function signaturesIn(header: string): string[] {
  const given = [...header.matchAll(/(?:^|[\s,])v1,([A-Za-z0-9+/]+={0,2})(?=$|[\s,])/g)].map(
    ([, text]) => text!,
  );
  if (given.length > MAX_SIGNATURES) throw new RequestRejected('MALFORMED');
  return given;
}
