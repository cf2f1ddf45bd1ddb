import * as z from 'zod';
import { parseUserId, USER_ID_RULE } from './user-id.ts';
import type { UserId } from './user-id.ts';

/** `parseUserId` as a schema, for inputs and stored items. */
export const UserIdInput = z
  .union([z.string().max(32), z.number()])
  .describe('A positive integer below 2^53, as a number or in digits')
  .transform((value, context): UserId => {
    const id = parseUserId(value);
    if (id !== undefined) return id;
    context.addIssue({ code: 'custom', message: USER_ID_RULE });
    return z.NEVER;
  });
