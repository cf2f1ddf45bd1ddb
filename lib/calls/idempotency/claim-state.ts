/**
 * The record of one `Idempotency-Key`: one item, `pk = SHA-256(scope, key)`, kept for 24 h.
 *
 * | state        | means                                                        | leaves by |
 * |--------------|--------------------------------------------------------------|-----------|
 * | (no item)    | the key is free                                              | `claim` → claimed |
 * | `claimed`    | `owner` is at work until `claimExpiresAt` at the latest       | `complete` → completed, `release` → (no item), `give up` → unresolved, all by the owner alone; expired: `claim` by one other with the same request → claimed |
 * | `completed`  | the answer is known, a 5xx or a broken connection too; final | 24 h |
 * | `unresolved` | the worker failed after it may have had its effect; final    | 24 h |
 *
 * Every transition is one conditional write; the condition alone protects it (no lock, no local clock).
 * `owner` is a random token per attempt: when the claim of a frozen worker was taken over, the token differs and its
 * write is refused. An item past its `expiresAt` counts as no item: DynamoDB deletes days later.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import type { Expression, Item } from '../../vendors/dynamodb/documents.ts';
import type { StoredAnswer } from './idempotency.ts';

/** How long a record is kept, seconds. */
const KEEP_SECONDS = 24 * 3_600;
/** A longer body is not kept (SPEC 4), bytes. DynamoDB's own limit is 400 KB for the whole item. */
export const MAX_BODY_BYTES = 300 * 1_024;
const MAX_HEADER_BYTES = 64 * 1_024;

export function recordKey(scope: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([scope, key]))
    .digest('hex');
}

const base = { owner: z.string(), fingerprint: z.string(), expiresAt: StoredNumber };
const ClaimRecord = z.discriminatedUnion('state', [
  z.object({ state: z.literal('claimed'), claimExpiresAt: StoredNumber, ...base }),
  z.object({
    state: z.literal('completed'),
    status: StoredNumber,
    headers: z.record(z.string(), z.string()),
    bodyBytes: StoredNumber,
    body: z.instanceof(Uint8Array).optional(),
    ...base,
  }),
  z.object({ state: z.literal('unresolved'), ...base }),
]);
export type ClaimRecord = z.infer<typeof ClaimRecord>;

/** @returns `undefined` when the item is past its time; `'unreadable'` when it is not a valid record. */
export function parseRecord(item: Item | undefined, now: number): ClaimRecord | undefined | 'unreadable' {
  if (item === undefined) return undefined;
  const parsed = ClaimRecord.safeParse(item);
  if (!parsed.success) return 'unreadable';
  return parsed.data.expiresAt * 1_000 <= now ? undefined : parsed.data;
}

/** The answer of a completed record; `undefined` when its body was too long to be kept. */
export function answerOf(record: ClaimRecord & { state: 'completed' }): StoredAnswer | undefined {
  const { status, headers, bodyBytes, body } = record;
  if (bodyBytes > 0 && body?.byteLength !== bodyBytes) return undefined;
  return { status, headers, body: Buffer.from(body ?? []) };
}

export interface Attempt {
  pk: string;
  owner: string;
  fingerprint: string;
}

const expiresAt = (now: number) => Math.ceil(now / 1_000) + KEEP_SECONDS;

export const claimed = (attempt: Attempt, now: number, claimExpiresAt: number): Item => ({
  ...attempt,
  state: 'claimed',
  claimedAt: now,
  claimExpiresAt,
  expiresAt: expiresAt(now),
});

export function completed(attempt: Attempt, answer: StoredAnswer, now: number): Item {
  const { status, headers, body } = answer;
  const kept = body.length <= MAX_BODY_BYTES && JSON.stringify(headers).length <= MAX_HEADER_BYTES;
  return {
    ...attempt,
    state: 'completed',
    status,
    headers: kept ? headers : {},
    // Over the cap this is the original size and `body` is missing, which tells a replay that it was not kept.
    bodyBytes: kept ? body.length : Math.max(1, body.length),
    body: kept && body.length > 0 ? body : undefined,
    completedAt: now,
    expiresAt: expiresAt(now),
  };
}

export const unresolved = (attempt: Attempt, now: number): Item => ({
  ...attempt,
  state: 'unresolved',
  expiresAt: expiresAt(now),
});

/** The key is free, or its claim has expired and asks for the same. */
export const mayClaim = ({ fingerprint }: Attempt, now: number): Expression => ({
  condition:
    'attribute_not_exists(pk) OR expiresAt <= :seconds OR ' +
    '(#state = :claimed AND claimExpiresAt <= :now AND fingerprint = :fingerprint)',
  names: { '#state': 'state' },
  values: {
    ':seconds': Math.floor(now / 1_000),
    ':now': now,
    ':claimed': 'claimed',
    ':fingerprint': fingerprint,
  },
});

/** The claim is still this attempt's. */
export const mayRelease = ({ owner }: Attempt): Expression => ({
  condition: '#owner = :owner AND #state = :claimed',
  names: { '#owner': 'owner', '#state': 'state' },
  values: { ':owner': owner, ':claimed': 'claimed' },
});

/** Likewise, or there is none: another attempt took over and released the key, although this one had its effect. */
export function mayFinish(attempt: Attempt): Expression {
  const own = mayRelease(attempt);
  return { ...own, condition: `attribute_not_exists(pk) OR (${own.condition})` };
}
