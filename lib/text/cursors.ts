/**
 * Cursors (SPEC 9): where a list continues, given to a caller as opaque text that they can neither
 * create nor change. `base64url(tag ‖ JSON)`; the tag is HMAC-SHA256 over the list's name and the
 * JSON, cut to 128 bits. Signed, not encrypted: the caller may know its content.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type * as z from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { invalid } from '../runtime/field-errors.ts';
import { createKeyRing } from '../runtime/key-ring.ts';
import type { Keys } from '../runtime/key-ring.ts';

/** Cursors of one list. Both methods reject also as the loading of the keys does. */
export interface CursorCodec<Schema extends z.ZodType> {
  /** @param value JSON that the schema reads back. */
  write(value: z.input<Schema>): Promise<string>;
  /** Rejects with `VALIDATION_FAILED`, naming `cursor`, for a cursor that was not written for this list. */
  read(cursor: string): Promise<z.output<Schema>>;
}

export interface Cursors {
  /**
   * @param list whose cursors these are, with the owner where there is one: `calls`, `entries user:10002`.
   *   Another list's cursor is refused.
   */
  of<Schema extends z.ZodType>(list: string, schema: Schema): CursorCodec<Schema>;
}

const TAG_BYTES = 16;

/** @param loadKeys see `deriveKeys` (`lib/vendors/secrets`). Called at first use. */
export function createCursors(
  loadKeys: () => Promise<Keys<{ key: KeyObject }>>,
  clock: Pick<Clock, 'now'>,
): Cursors {
  const keys = createKeyRing(loadKeys, clock);
  return {
    of: (list, schema) => ({
      async write(value) {
        const { key } = await keys.current();
        const payload = Buffer.from(JSON.stringify(value));
        return Buffer.concat([tagOf(key, list, payload), payload]).toString('base64url');
      },

      async read(cursor) {
        const bytes = Buffer.from(cursor, 'base64url');
        // Decoding skips characters that are not base64url: only the canonical encoding is accepted.
        if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== cursor) throw refused();
        const [tag, payload] = [bytes.subarray(0, TAG_BYTES), bytes.subarray(TAG_BYTES)];
        if (!(await keys.find(({ key }) => timingSafeEqual(tagOf(key, list, payload), tag)))) throw refused();
        // The signature is valid, but it may be from another version of this product.
        const parsed = schema.safeParse(JSON.parse(payload.toString()));
        if (!parsed.success) throw refused();
        return parsed.data;
      },
    }),
  };
}

/** The name as JSON: its end is unambiguous, and names that differ only in lone surrogates stay distinct. */
function tagOf(key: KeyObject, list: string, payload: Buffer): Buffer {
  const hmac = createHmac('sha256', key)
    .update(`${JSON.stringify(list)}\n`)
    .update(payload);
  return hmac.digest().subarray(0, TAG_BYTES);
}

const refused = () => invalid('cursor', 'is not a cursor of this list');
