/** Input and answers of the API about people who log in. */
import * as z from 'zod';
import { USERNAME } from '../access/people/username.ts';
import { ROLES } from '../access/roles.ts';
import { Timestamp } from './schemas.ts';

const Username = z
  .string()
  .regex(USERNAME, 'must be 1 to 64 of a-z, 0-9, ".", "_" and "-", a letter or digit first')
  .describe('Never changes');
const Password = z
  .string()
  .min(12, 'must have 12 characters')
  .max(128, 'must have no more than 128 characters');

/** Wider than what a person can have: that a name or a password cannot be right is told like that it is wrong. */
export const LogInRequest = z.strictObject({
  username: z.string().max(1_000),
  password: z.string().max(1_000),
});
export const OwnSession = z.object({
  user: z.object({ id: z.string(), username: z.string(), role: z.enum(ROLES) }),
  csrfToken: z
    .string()
    .describe('With the cookie, every request but GET and HEAD carries it in `X-CSRF-Token`'),
});

export const UserRequest = z.strictObject({ username: Username, password: Password, role: z.enum(ROLES) });
export const UserChange = z
  .strictObject({
    role: z.enum(ROLES).optional(),
    disabled: z.boolean().optional().describe('Ends the open sessions'),
    password: Password.optional().describe('Another one ends the open sessions'),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something');
export const UserView = z.object({
  id: z.string(),
  username: z.string(),
  role: z.enum(ROLES),
  disabled: z.boolean(),
  createdAt: Timestamp,
});
export const UserList = z.object({
  items: z.array(
    UserView.extend({
      lockedUntil: Timestamp.optional().describe(
        'After five wrong passwords in a row; another password ends it',
      ),
    }),
  ),
});
