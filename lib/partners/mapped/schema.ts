/** What a definition says of a partner whose protocol has no actions: which action a request asks for, and what each does. */
import * as z from 'zod';
import { HeaderExtractor, PointerExtractor } from '../../definition/extractor/plain.ts';
import { Pointer } from '../../definition/fields.ts';
import { CURRENCY } from '../../ledger/book.ts';

/** Headers are under few signatures: they may say what a request is, and nothing about money. */
export const RequestExtractor = z.union([PointerExtractor, HeaderExtractor], {
  error: 'must have exactly one of pointer, header',
});
export type RequestExtractor = z.output<typeof RequestExtractor>;

const InPayload = z.strictObject({
  pointer: Pointer.describe('JSON pointer into the payload; `/name` is a field of a form.'),
});

const Currency = z
  .union(
    [
      z.string().regex(CURRENCY, 'is no name of a currency'),
      InPayload.extend({
        equals: z
          .string()
          .regex(CURRENCY, 'is no name of a currency')
          .optional()
          .describe("Any other is refused; either case. Default: the book's."),
      }),
    ],
    { error: 'must be the name of a currency, or a pointer' },
  )
  .describe("What the partner's amounts are in, by name, or where the payload says it. Default: the book's.");

const order = {
  userId: InPayload.describe('Whose account.'),
  amount: InPayload.describe('A number or a decimal string, read digit by digit.'),
  scale: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50.'),
  currency: Currency.optional(),
};
const movement = {
  ...order,
  transactionId: InPayload.describe("The partner's id of it, by which it moves once."),
};

export const MappedAction = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('deposit'), ...movement }),
  z.strictObject({ do: z.literal('withdraw'), ...movement }),
  z.strictObject({ do: z.literal('check'), ...order }),
  z.strictObject({
    do: z.literal('register'),
    userId: InPayload.describe('Who is registered.'),
    superiors: z
      .union([InPayload, z.array(InPayload).max(3)])
      .optional()
      .describe('A list of ids, nearest first, or up to three places of one each. Absent: none.'),
  }),
  z.strictObject({ do: z.literal('forward') }),
  z.strictObject({ do: z.literal('ignore') }),
]);
export type MappedAction = z.output<typeof MappedAction>;

/** For what no other entry names. */
export const ANY_OTHER = '*';

export const MAPPING_FIELDS = {
  action: RequestExtractor.optional().describe(
    'What says which action it is; requests then come to `POST /webhook/{path}`. Absent: the last segment of the path.',
  ),
  id: RequestExtractor.optional().describe(
    "The partner's id of a request, by which it is forwarded once. Absent: `webhook-id`, or what is signed.",
  ),
  actions: z
    .record(z.string().min(1).max(128), MappedAction)
    .optional()
    .describe('What each action does, by its name; `*` is for any other.'),
};
