/** What the API takes and gives, once: handlers parse with these, OpenAPI is generated from them. */
import * as z from 'zod';
import { ROLES } from '../access/roles.ts';
import { MAIN } from '../ledger/account-id.ts';
import { BOOK_NAME } from '../ledger/book.ts';
import { isProblem, parseDecimal } from '../ledger/decimal.ts';
import type { Units } from '../ledger/decimal.ts';
import { ERROR_CODES } from '../runtime/errors.ts';
import { UserIdInput } from '../text/user-id-input.ts';

const Timestamp = z.string().describe('ISO 8601, UTC');

/** PHP writes an empty array where others write an empty object. */
const Params = z
  .preprocess(
    (value) => (Array.isArray(value) && value.length === 0 ? {} : value),
    z.record(z.string(), z.json()),
  )
  .default({});

export const OperationRequest = z.strictObject({
  params: Params.describe("The operation's parameters, as its definition names them"),
});

export const TestRequest = OperationRequest.extend({
  operation: z.string().min(1).max(64),
  explain: z.boolean().default(false).describe('Show the requests that it would send, and send none'),
});

export const Meta = z.object({
  requestId: z.string(),
  attempts: z.int().describe('Requests sent to the third party; 0 when the answer came from the cache'),
  cached: z.boolean(),
  stale: z.boolean().describe('The service is down and this is an older answer'),
  durationMs: z.number(),
  account: z.string().optional().describe('Of a service with several, the one that was taken'),
});

export const OperationAnswer = z.object({
  success: z.literal(true),
  data: z.unknown().describe("The answer's JSON, or what the operation's `result` picks of it"),
  meta: Meta,
});
export const Explained = z.object({
  requests: z
    .array(
      z.object({
        of: z.string().describe('The field of the definition that describes it'),
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string().optional(),
      }),
    )
    .describe('In the order they would be sent; secrets by their names, as `{{credentials.token}}`'),
  notes: z.array(z.string()).describe('What is not seen in them, one sentence each'),
});
export const TestAnswer = z.union([OperationAnswer, Explained]);

export const BatchRequest = z
  .array(z.strictObject({ operation: z.string(), params: Params }))
  .min(1)
  .max(100);

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES),
    detail: z.string(),
    requestId: z.string(),
    retryable: z.boolean(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    upstream: z.object({ status: z.int(), body: z.unknown() }).optional(),
    transactionId: z.string().optional().describe('Of an adjustment: its identity, given or derived'),
    cause: z.looseObject({}).optional().describe('Only of a service in TESTING: what we know of why'),
  })
  .describe('RFC 9457');

export const BatchAnswer = z.object({
  items: z.array(z.union([OperationAnswer, z.object({ success: z.literal(false), error: Problem })])),
});

const CredentialValue = z.union([z.string(), z.number()]);
export const CredentialsInput = z
  .object({
    accounts: z
      .record(z.string(), z.record(z.string(), CredentialValue))
      .optional()
      .describe(
        'Of several accounts, by name, in place of everything else: {"north": {...}, "south": {...}}',
      ),
  })
  .catchall(CredentialValue)
  .describe(
    'One flat object, e.g. {"userNo","username","password"}, or `accounts` with several; never read back',
  );
export const CredentialVersion = z.object({
  versionId: z.string(),
  stage: z.enum(['CURRENT', 'PREVIOUS']),
  createdAt: Timestamp,
  fingerprint: z.string(),
  lastUsedAt: Timestamp.optional(),
  useCount: z.int(),
});
export const CredentialsView = z.object({ items: z.array(CredentialVersion) });

export const LoginRequest = z.strictObject({
  dryRun: z.boolean().default(false).describe('Walk the recipe, tell what each step saw, store nothing'),
});
export { ImportedCookie, SessionImport } from '../platforms/session/import-input.ts';
export const CaptchaReply = z.strictObject({ text: z.string().trim().min(1).max(64) });

export const KeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(ROLES),
});
export const KeyView = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  createdAt: Timestamp,
  createdBy: z.string(),
});
export const NewKey = KeyView.extend({ key: z.string().describe('Shown this once') });
export const KeyList = z.object({ items: z.array(KeyView) });

const Count = z.coerce.number<number | string>().int().min(1);
export const PageQuery = z.strictObject({
  limit: Count.max(200).default(50),
  cursor: z.string().max(2_000).optional(),
});
export const CallsQuery = PageQuery.extend({
  service: z.string().optional(),
  operation: z.string().optional(),
  path: z.string().optional(),
  status: z.coerce.number<number | string>().int().optional(),
  code: z.enum(ERROR_CODES).optional(),
  requestId: z.string().max(256).optional(),
  caller: z.string().optional(),
  attempts: Count.optional(),
  minDurationMs: z.coerce.number<number | string>().min(0).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
export const AlertsQuery = PageQuery.extend({ state: z.enum(['firing', 'resolved']).optional() });
export const AccountQuery = z.strictObject({
  account: z.string().max(64).optional().describe('Of a service with several accounts, which'),
});
export const VersionQuery = z.strictObject({
  version: z
    .string()
    .max(64)
    .optional()
    .describe('The version you saw as current: refused when it no longer is'),
});
export const CheckQuery = z.strictObject({
  check: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Answer what would be stored, and store nothing'),
});
export const RevisionQuery = z.strictObject({ revision: Count.optional() });

const Decimal = z.string().describe('Exact decimal, without trailing zeros');
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
const Service = z.string().max(64);
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
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
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
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
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
  from: z.iso.datetime({ offset: true }).describe('Settled at or after'),
  to: z.iso.datetime({ offset: true }).describe('Settled before'),
};
export const SettledQuery = z.strictObject({
  ...SettledRange,
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
  cursor: z.string().optional(),
});
const SettledOrder = z.object({
  transactionId: z.string(),
  type: z.enum(['deposit', 'withdraw']),
  userId: z.string(),
  usdtAmount: Decimal.describe("In the partner's currency"),
  settledAt: Timestamp,
});
export const SettledList = z.object({ items: z.array(SettledOrder), cursor: z.string().optional() });
export const ReconcileQuery = z.strictObject({
  ...SettledRange,
  only: z
    .enum(['theirs'])
    .optional()
    .describe('Compare the lines, and leave out what only we have: for a list in parts'),
});
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

export const DeliveriesQuery = PageQuery.extend({
  service: z.string().optional(),
  action: z.string().max(256).optional(),
  verdict: z.enum(['accepted', 'replayed', 'refused', 'rejected', 'failed']).optional(),
  cause: z.string().max(256).optional(),
  code: z.string().optional(),
  source: z.string().max(256).optional(),
  transactionId: z.string().max(256).optional(),
  requestId: z.string().max(256).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});

export const UnverifiedQuery = z.object({
  service: z.string().optional(),
  to: z.iso.datetime({ offset: true }).optional().describe('Default: now'),
  hours: z.coerce.number().int().min(1).max(24).default(1).describe('How many, back from `to`'),
});

export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  stores: z.record(z.string(), z.enum(['ok', 'unreachable'])),
});
