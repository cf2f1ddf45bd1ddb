/** What the API takes and gives of users and relations. */
import * as z from 'zod';
import { UidInput } from './uid.ts';

const Id = z.int().min(1).max(Number.MAX_SAFE_INTEGER).describe('URS user id');
const LocalId = z
  .union([z.string().trim().min(1).max(64), z.int().min(1)])
  .describe("The caller's own user id; bound once, given back as it came");
const Superiors = z.array(Id).max(3).describe('Three levels up, nearest first; shorter at the top');
const Nickname = z.string().nullable();
const Time = z.string().describe('ISO 8601, UTC');
const Stale = z.boolean().describe('URS could not be asked just now; this is what we knew');

export const EnterRequest = z.strictObject({
  userKey: z.string().trim().min(1).max(512).describe('The ukey the user arrived with'),
  localUserId: LocalId.optional(),
});
export const EnterAnswer = z.object({
  ursUid: Id,
  localUserId: LocalId.nullable(),
  nickname: Nickname,
  superiors: Superiors,
  created: z.boolean().describe('First sight: this request made the user'),
  stale: Stale,
});

export const UserAnswer = z.object({
  uid: Id,
  state: z
    .enum(['placeholder', 'user'])
    .describe('A placeholder stands above somebody but has not come to us himself'),
  localUserId: LocalId.nullable(),
  nickname: Nickname,
  superiors: Superiors,
  createdAt: Time,
  updatedAt: Time,
  refreshedAt: Time.nullable(),
  stale: Stale,
});

export const TeamAnswer = z.object({
  uid: Id,
  superiors: Superiors,
  team: z.array(z.object({ level: z.int().min(1).max(3), uid: Id, nickname: Nickname })),
  refreshedAt: Time.nullable(),
  stale: Stale,
});

export const DownlineRequest = z.strictObject({
  level: z
    .enum(['1', '3'])
    .transform((level) => (level === '1' ? 1 : 3))
    .default(1)
    .describe('1: brought by the user himself; 3: the team of three generations'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
export const DownlineAnswer = z.object({
  uid: Id,
  level: z.union([z.literal(1), z.literal(3)]),
  count: z.int().describe('Of all, not of this page'),
  ursCount: z.int().nullable().describe('What URS counts itself; null when it cannot be asked'),
  items: z.array(z.object({ uid: Id, generation: z.int().min(1).max(3), nickname: Nickname })),
  cursor: z.string().optional(),
  stale: Stale,
});

const MOST = 100;
export const SyncRequest = z
  .strictObject({
    uids: z.array(UidInput).min(1).max(MOST).optional(),
    all: z.literal(true).optional(),
    limit: z.int().min(1).max(MOST).default(50).describe('Of everybody, in one request'),
    cursor: z.string().max(500).optional(),
  })
  .refine(({ uids, all }) => (uids === undefined) !== (all === undefined), {
    message: 'Name either uids or all.',
  })
  .describe('Those named in `uids`, or everybody (`all: true`) page by page');
export const SyncAnswer = z.object({
  items: z.array(
    z.object({
      uid: Id,
      success: z.boolean(),
      superiors: Superiors.optional(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  cursor: z.string().optional().describe('There are more: ask again with it'),
});
