/** URS as a partner: a sealed, signed envelope, answered in JSON. docs/builders/partners.md has the envelope. */
import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { ExactNumber, parseExact } from '../../text/json/exact.ts';
import type { ExactJson } from '../../text/json/exact.ts';
import { objectOf } from '../payload.ts';
import { protocol } from '../protocol.ts';
import type { PartnerRequest } from '../protocol.ts';
import { invalid, jsonReplies, WebhookRefused } from '../reply.ts';
import { ACTIONS } from './actions.ts';
import { envelopeKeys } from './envelope-key.ts';
import { readPlacement } from './envelope-placement.ts';
import { reject } from './envelope-rejected.ts';
import { readShape } from './envelope-shape.ts';
import { verifyEnvelope } from './envelope.ts';

export const urs = protocol({
  schema: z.strictObject({ type: z.literal('URS') }),
  credentials: ['appKey'],

  read(request) {
    if (!Object.hasOwn(ACTIONS, request.action)) throw new WebhookRefused('NOT_FOUND', 'Action not found.');
    return readShape(envelopeIn(request));
  },

  verify(envelope, { code, versions, nowSeconds, windowSeconds }) {
    const keys = envelopeKeys(code, versions);
    const { text, keyVersionId } = verifyEnvelope(envelope, { keys, nowSeconds, windowSeconds });
    return { payload: payloadOf(text), keyVersionId, sentAt: envelope.timestamp };
  },

  event({ payload }, { action }) {
    const order = objectOf(payload);
    const { transactionId: id, action: named = null } = order;
    // The path is not under the signature: an order that says what it is goes nowhere else.
    if (named !== null && named !== action) invalid('action', 'is not the action of this path');
    const transactionId = id instanceof ExactNumber ? id.source : id;
    return { action, payload: order, ...(typeof transactionId === 'string' ? { transactionId } : {}) };
  },

  actions: ACTIONS,
  reply: jsonReplies,
});

function envelopeIn({ body, headers }: PartnerRequest): ExactJson {
  const inHeaders = (headers['x-encrypted-data'] ?? '') !== '';
  const type = headers['content-type'];
  if (!inHeaders && type !== undefined && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new WebhookRefused('UNSUPPORTED_MEDIA_TYPE', 'Send the envelope as application/json.');
  }
  if (!isUtf8(body)) return reject('MALFORMED');
  return readPlacement(headers, body.toString('utf8'));
}

function payloadOf(text: string): ExactJson {
  try {
    return parseExact(text);
  } catch {
    return reject('JSON');
  }
}
