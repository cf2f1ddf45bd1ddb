/** What a partner insists to be answered. */
import * as z from 'zod';
import { Fields, Template } from '../../definition/fields.ts';

const REPLY_TYPES = ['text/plain', 'application/json', 'application/xml', 'text/xml'] as const;

const Shape = z.strictObject({
  status: z.int().min(200).max(599).optional().describe('Default: as without a shape.'),
  contentType: z
    .enum(REPLY_TYPES)
    .optional()
    .describe('Default: `application/json` for an object, else `text/plain`. Values are escaped for it.'),
  body: z
    .union([Template, Fields], { error: 'must be text or an object' })
    .describe('A template, or JSON with templates in its texts.'),
});
export type Shape = z.output<typeof Shape>;

export const ReplyShapes = z.strictObject({
  success: Shape.optional().describe('What was done, repeated or ignored; templates name `{{data.x}}`.'),
  refusal: Shape.optional().describe(
    'What was refused or failed; templates name `{{error.code}}` and `{{error.message}}`.',
  ),
});
export type ReplyShapes = z.output<typeof ReplyShapes>;
