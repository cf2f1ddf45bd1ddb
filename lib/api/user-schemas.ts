/** Input and answers of the API about users and relations. */
import * as z from 'zod';
import { ServiceCode } from '../definition/fields.ts';
import { UserIdInput } from '../text/user-id-input.ts';

const Id = z.int().min(1).max(Number.MAX_SAFE_INTEGER).describe('URS user id');
const LocalId = z
  .union([z.string().trim().min(1).max(64), z.int().min(1)])
  .describe("The caller's own user id; bound once, returned unchanged");
const Superiors = z.array(Id).max(3).describe('Three levels up, nearest first; shorter at the top');
const Nickname = z.string().nullable();
const Time = z.string().describe('ISO 8601, UTC');
const Stale = z.boolean().describe('URS could not be reached; these are the last known values');

/** Query of every route of users: ids and relations of services are independent. */
export const UsersQuery = z.strictObject({
  service: ServiceCode.default('URS_PROMOTION').describe('The service the users belong to'),
});

export const EnterRequest = z.strictObject({
  userKey: z.string().trim().min(1).max(512).describe('The ukey the user arrived with'),
  localUserId: LocalId.optional(),
});
export const EnterAnswer = z.object({
  ursUid: Id,
  localUserId: LocalId.nullable(),
  nickname: Nickname,
  superiors: Superiors,
  created: z.boolean().describe('This request created the user'),
  stale: Stale,
});

export const UserAnswer = z.object({
  uid: Id,
  state: z
    .enum(['placeholder', 'user'])
    .describe('A placeholder is known only as a superior of others: it has not registered or entered'),
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

export const DownlineQuery = UsersQuery.extend({
  level: z
    .enum(['1', '3'])
    .transform((level) => (level === '1' ? 1 : 3))
    .default(1)
    .describe('1: direct downline; 3: the team of three generations'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
export const DownlineAnswer = z.object({
  uid: Id,
  level: z.union([z.literal(1), z.literal(3)]),
  count: z.int().describe('Of all, not of this page'),
  ursCount: z.int().nullable().describe('Count of URS itself; null when URS cannot be reached'),
  items: z.array(z.object({ uid: Id, generation: z.int().min(1).max(3), nickname: Nickname })),
  cursor: z.string().optional(),
  stale: Stale,
});

const MAX_USERS = 100;
export const SyncRequest = z
  .strictObject({
    uids: z.array(UserIdInput).min(1).max(MAX_USERS).optional(),
    all: z.literal(true).optional(),
    limit: z.int().min(1).max(MAX_USERS).default(50).describe('Users of one page, with `all`'),
    cursor: z.string().max(500).optional(),
  })
  .refine(({ uids, all }) => (uids === undefined) !== (all === undefined), {
    message: 'Name either uids or all.',
  })
  .describe('The users named in `uids`, or all of the service (`all: true`) page by page');
export const SyncAnswer = z.object({
  items: z.array(
    z.object({
      uid: Id,
      success: z.boolean(),
      superiors: Superiors.optional(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  cursor: z.string().optional().describe('There are more: send it with the next request'),
});
