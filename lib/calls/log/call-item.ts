import * as z from 'zod';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import type { CallRecord } from './call-log.ts';
import { excerpt } from '../../watch/records/excerpt.ts';
import { callKey } from './keys.ts';

/** Kept for 30 days (SPEC 10). */
export const KEEP_MS = 30 * 24 * 3_600 * 1_000;

export function toItem(call: CallRecord): Item {
  const { request, response } = call;
  return {
    ...call,
    request: request && excerpt(request),
    response: response && excerpt(response),
    ...callKey(call),
    expiresAt: Math.ceil((Date.parse(call.at) + KEEP_MS) / 1_000),
  };
}

const Stored = z.object({
  id: z.string(),
  at: z.string(),
  service: z.string(),
  account: z.string().optional(),
  operation: z.string().optional(),
  method: z.string(),
  path: z.string(),
  status: StoredNumber,
  code: z.string().optional(),
  upstreamStatus: StoredNumber.optional(),
  cause: z.string().optional(),
  durationMs: StoredNumber,
  attempts: StoredNumber,
  requestId: z.string(),
  caller: z.string(),
  cached: z.boolean(),
  stale: z.boolean(),
  // A word of a newer version is none that this one knows: the call is shown without it.
  session: z.enum(['reused', 'renewed', 'login']).optional().catch(undefined),
  request: z.string().optional(),
  response: z.string().optional(),
});

/** `undefined` for an item that is not a call: one bad row must not hide the others. */
export function fromItem(item: Item): CallRecord | undefined {
  const parsed = Stored.safeParse(item);
  return parsed.success ? (parsed.data as CallRecord) : undefined;
}
