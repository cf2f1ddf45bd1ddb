/** Transfers, accounts, dead letters, proof: shapes of the routes about money. */
import * as z from 'zod';
import { MAIN } from '../ledger/account-id.ts';
import { BOOK_NAME } from '../ledger/book.ts';
import { isProblem, parseDecimal } from '../ledger/decimal.ts';
import type { Units } from '../ledger/decimal.ts';
import { UserIdInput } from '../text/user-id-input.ts';
import { PageQuery, Timestamp } from './schemas.ts';
import { Time, inOrder } from './times.ts';

export const Decimal = z.string().describe('Exact decimal, without trailing zeros');
export const Asked = z
  .object({ amount: Decimal, currency: z.string() })
  .describe('What was asked for, before conversion');
const TransferStatus = z.enum(['PENDING', 'SETTLED', 'REJECTED', 'DEAD']);
export const TransferView = z.object({
  transactionId: z.string(),
  service: z.string().describe('Who ordered it: its identity is the two together'),
  book: z.string(),
  type: z.enum(['deposit', 'withdraw', 'adjustment', 'reversal']),
  status: TransferStatus,
  from: z.string(),
  to: z.string(),
  amount: Decimal,
  currency: z.string(),
  asked: Asked.optional(),
  reason: z.string().optional().describe("People's words, or why it was rejected"),
  requestedBy: z.string().describe('A service, a key, a person'),
  createdAt: Timestamp,
  settledAt: Timestamp.optional(),
  attempts: z.int().describe('How often it was tried'),
  history: z
    .array(z.object({ status: TransferStatus, at: Timestamp, cause: z.string().optional() }))
    .describe('The states it was in, oldest first; `cause` is an error code'),
  reverses: z.string().optional().describe('The transfer that this one takes back'),
  reversedBy: z.string().optional().describe('The transfer that took this one back'),
});
export const AdjustmentAnswer = TransferView.extend({
  replayed: z.boolean().optional().describe('It was settled before: the first answer again'),
});
export const Service = z.string().max(64);
const Reason = z.string().trim().min(3).max(200);
export const TransferQuery = z.strictObject({
  service: Service.optional().describe('Whose transfer, where several services know one by this id'),
});
export const AccountView = z.object({
  accountId: z.string(),
  book: z.string(),
  currency: z.string(),
  balance: Decimal,
  entries: z.int().describe('Settled transfers it took part in'),
});
export const EntriesQuery = PageQuery.extend({
  from: Time.optional(),
  to: Time.optional(),
}).refine(...inOrder);
export const AdjustmentRequest = z.strictObject({
  service: Service.optional().describe('In whose book; `URS_PROMOTION` when absent'),
  userId: UserIdInput.transform(String),
  amount: z
    .string()
    .describe("Decimal string in the book's currency; positive gives to the user, negative takes")
    .transform((source, context): Units => {
      const units = parseDecimal(source);
      if (!isProblem(units) && units !== 0n) return units;
      const message = isProblem(units) ? units.problem : 'must not be zero';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
  reason: Reason,
  transactionId: z
    .string()
    .regex(
      /^(?!\.{1,2}$)[\x21-\x2e\x30-\x7e]{1,128}$/,
      'must be 1 to 128 visible ASCII characters, none of them a slash',
    )
    .optional()
    .describe(
      'Its identity for ever: send it again and nothing moves twice. Derived from `Idempotency-Key` when absent; without either it is refused',
    ),
});
export const OfService = z.strictObject({ service: Service.describe('Whose transfer') });
export const ReverseRequest = z.strictObject({ reason: Reason });

const DeadCause = z
  .enum(['OURS', 'PARTNER'])
  .describe('Whose fault it is: `OURS` is worth a redrive once it is mended');
const DeadLetterFilter = { service: Service.optional(), cause: DeadCause.optional() };
export const DeadLettersQuery = PageQuery.extend(DeadLetterFilter);
export const DeadLetterView = z.object({
  transactionId: z.string(),
  service: z.string(),
  cause: DeadCause,
  code: z.string().describe('The error that it ended in'),
  detail: z.string(),
  attempts: z.int().describe('How often it was tried'),
  at: Timestamp.describe('When it was given up'),
});
export const RedriveRequest = z
  .strictObject({
    transfers: z
      .array(z.strictObject({ service: Service, transactionId: z.string().min(1).max(128) }))
      .min(1)
      .max(100)
      .optional(),
    ...DeadLetterFilter,
    all: z.literal(true).optional().describe('Every one there is; needed where nothing else is said'),
    dryRun: z.literal(true).optional().describe('Count them, and change nothing'),
  })
  .refine(
    ({ transfers, service, cause, all }) => transfers ?? service ?? cause ?? all,
    'say which: `transfers`, `service`, `cause`, or `all`',
  )
  .refine(
    ({ transfers, service, cause, all }) => !transfers || (service ?? cause ?? all) === undefined,
    'takes either `transfers`, or a filter',
  );
export const Redriven = z.object({
  count: z.int().describe('Dead letters that were asked for'),
  redriven: z.int().describe('Of these, how many are `PENDING` again'),
  more: z.boolean().describe('Time ran out: ask again for the rest'),
});

export const TrialBalanceQuery = z.strictObject({
  book: z.string().regex(BOOK_NAME, 'is no name of a book').default(MAIN),
  deep: z.enum(['true', 'false']).default('false').describe('Add up every transfer too'),
});
export const TrialBalanceView = z.object({
  book: z.string(),
  currency: z.string().optional().describe('Absent: nothing was ever posted in it'),
  total: Decimal,
  accounts: z.int(),
  users: z.int(),
  userTotal: Decimal.describe('What users hold; the houses hold its negative'),
  houses: z.array(z.object({ accountId: z.string(), balance: Decimal })),
  consistent: z.boolean().describe('All balances are of one moment'),
  violations: z.array(z.object({ accountId: z.string(), problem: z.string() })),
  transfers: z.int().optional().describe('Only with `deep`'),
  balanced: z.boolean().nullable().describe('`null`: not known, as balances moved all the time'),
  checkedAt: Timestamp,
});
export const VerifyQuery = z.strictObject({
  book: TrialBalanceQuery.shape.book,
  cursor: z.string().optional().describe('Of the answer before: goes on with its pass'),
});
export const VerificationView = z.object({
  book: z.string(),
  ok: z
    .boolean()
    .nullable()
    .describe('`null`: not known yet, there is a cursor; or not to be known, as balances moved all the time'),
  sealedUpTo: Timestamp.nullable().describe('Everything that settled before this is sealed'),
  checked: z.int().describe('Entries of the journal compared with their transfers since the pass began'),
  violations: z
    .array(
      z.object({
        service: z.string().optional(),
        transactionId: z.string().optional(),
        accountId: z.string().optional(),
        what: z.string(),
      }),
    )
    .describe('What this answer has found; answers before it have named theirs'),
  head: z
    .object({ page: z.int(), hash: z.string() })
    .nullable()
    .describe('The last page of the journal, and its hash'),
  checkedAt: Timestamp,
  cursor: z.string().optional().describe('The pass goes on'),
});

const SettledRange = {
  service: z.string(),
  from: Time.describe('Settled at or after'),
  to: Time.describe('Settled before'),
};
export const SettledQuery = z
  .strictObject({
    ...SettledRange,
    limit: z.coerce.number().int().min(1).max(2_000).default(500),
    cursor: z.string().optional(),
  })
  .refine(...inOrder);
const SettledOrder = z.object({
  transactionId: z.string(),
  type: z.enum(['deposit', 'withdraw']),
  userId: z.string(),
  usdtAmount: Decimal.describe("In the partner's currency"),
  settledAt: Timestamp,
});
export const SettledList = z.object({ items: z.array(SettledOrder), cursor: z.string().optional() });
export const ReconcileQuery = z
  .strictObject({
    ...SettledRange,
    only: z
      .enum(['theirs'])
      .optional()
      .describe('Compare the lines, and leave out what only we have: for a list in parts'),
  })
  .refine(...inOrder);
export const Reconciliation = z.object({
  matched: z.int().describe('Lines that say what we say'),
  onlyOurs: z.array(SettledOrder.extend({ next: z.string() })),
  onlyTheirs: z.array(
    z.object({
      transactionId: z.string(),
      line: z.int(),
      type: z.string(),
      userId: z.string(),
      usdtAmount: Decimal,
      status: z.string().optional(),
      next: z.string(),
    }),
  ),
  differing: z.array(
    z.object({
      transactionId: z.string(),
      line: z.int(),
      field: z.enum(['type', 'userId', 'usdtAmount', 'status', 'lines']),
      ours: z.string(),
      theirs: z.string(),
      next: z.string().describe('What to do'),
    }),
  ),
});
