import * as z from 'zod';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { numberOf } from '../../vendors/dynamodb/documents.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Cursors } from '../../text/cursors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { loginKeys } from './keys.ts';

/** Attempts are kept for 14 days (SPEC 5). */
const KEPT_SECONDS = 14 * 86_400;
const MAX_IMAGE_BYTES = 100 * 1_024;
const MAX_PAGE = 100;

const Count = z.preprocess((value) => (value === undefined ? undefined : numberOf(value)), z.number());

/** One attempt as it is kept and shown. Everything in it is redacted already. */
const LoginAttempt = z.object({
  /** Sorts by time. */
  id: z.string(),
  /** Attempts of one login share it. */
  loginId: z.string(),
  attempt: Count,
  service: z.string(),
  /** Of several. */
  account: z.string().optional(),
  at: z.string(),
  trigger: z.string(),
  /** `SUCCESS`, an error code, or `INTERNAL`. */
  verdict: z.string(),
  error: z.string().optional(),
  /** Milliseconds, whole and per step. */
  durationMs: Count,
  durations: z.record(z.string(), Count),
  captcha: z
    .object({
      url: z.string().optional(),
      codetype: Count,
      solver: z.string().optional(),
      text: z.string().optional(),
      pictureId: z.string().optional(),
      /** What the platform said of the text; absent when it did not come to that. */
      right: z.boolean().optional(),
      contentType: z.string().optional(),
      hasImage: z.boolean(),
    })
    .optional(),
  reply: z.object({ status: Count, location: z.string().optional(), text: z.string() }).optional(),
  credentialVersionId: z.string(),
});
export type LoginAttempt = z.infer<typeof LoginAttempt>;

export interface LoginRecorder {
  /** Never throws: a login does not fail because it could not be written down. */
  record(attempt: LoginAttempt, image?: { body: Buffer; contentType: string }): Promise<void>;
  /** Newest first. `VALIDATION_FAILED` for a cursor that is none. */
  list(
    code: string,
    options?: { limit?: number; cursor?: string },
  ): Promise<{ items: LoginAttempt[]; cursor?: string }>;
  image(code: string, id: string): Promise<{ body: Buffer; contentType: string } | undefined>;
}

export interface RecorderDeps {
  documents: Documents;
  /** The `records` table. */
  table: string;
  cursors: Cursors;
  clock: Clock;
  /** Told when an attempt could not be kept. */
  onFailure?: (error: unknown) => void;
}

export function createLoginRecorder(deps: RecorderDeps): LoginRecorder {
  const { documents, table, clock, onFailure } = deps;
  const cursorsOf = (code: string) => deps.cursors.of(`logins ${code}`, z.string());
  const now = () => Math.floor(clock.now() / 1_000);

  async function keep(attempt: LoginAttempt, image?: { body: Buffer; contentType: string }): Promise<void> {
    const { service, id } = attempt;
    const expiresAt = now() + KEPT_SECONDS;
    await documents.put(table, { ...loginKeys.attempt(service, id), ...attempt, expiresAt });
    if (image) await documents.put(table, { ...loginKeys.image(service, id), ...image, expiresAt });
  }

  return {
    record: async (attempt, image) => {
      const fits = image !== undefined && image.body.length > 0 && image.body.length <= MAX_IMAGE_BYTES;
      const { captcha } = attempt;
      const kept = captcha ? { ...attempt, captcha: { ...captcha, hasImage: fits } } : attempt;
      try {
        await keep(kept, fits ? image : undefined);
      } catch (error) {
        onFailure?.(error);
      }
    },

    list: async (code, { limit = 20, cursor } = {}) => {
      const cursors = cursorsOf(code);
      const page = await documents.query({
        table,
        where: cursor === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
        filter: 'expiresAt > :now',
        values: {
          ':pk': loginKeys.partition(code),
          ':now': now(),
          ...(cursor === undefined ? {} : { ':before': await cursors.read(cursor) }),
        },
        limit: Math.max(1, Math.min(limit, MAX_PAGE)),
        descending: true,
      });
      const last = page.lastKey?.['sk'];
      const next = typeof last === 'string' ? await cursors.write(last) : undefined;
      return omitUndefined({ items: page.items.flatMap(readAttempt), cursor: next });
    },

    image: async (code, id) => {
      const stored = StoredImage.safeParse(await documents.get(table, loginKeys.image(code, id)));
      if (!stored.success || stored.data.expiresAt <= now()) return undefined;
      const { body, contentType } = stored.data;
      return { body: Buffer.from(body), contentType };
    },
  };
}

const StoredImage = z.object({ body: z.instanceof(Uint8Array), contentType: z.string(), expiresAt: Count });

/** A row that cannot be read (another version's) is left out of the list. */
function readAttempt(item: Item): LoginAttempt[] {
  const parsed = LoginAttempt.safeParse(item);
  return parsed.success ? [parsed.data] : [];
}
