/** What the API takes and gives, once: handlers parse with these, OpenAPI is generated from them. */
import * as z from 'zod';
import { ROLES } from '../access/roles.ts';
import { Scope } from '../access/scopes.ts';
import { ERROR_CODES } from '../runtime/errors.ts';
import { Time, inOrder } from './times.ts';

export const Timestamp = z.string().describe('ISO 8601, UTC');

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

/** They travel with every request of the key: no more than its authorizer's answer can carry. */
const KeyScopes = z
  .array(Scope)
  .min(1, 'must name at least one; leave it out for everything the role may')
  .max(50)
  .refine((scopes) => new Set(scopes).size === scopes.length, 'must name each only once')
  .refine((scopes) => scopes.join(' ').length <= 4_000, 'must have no more than 4,000 characters')
  .describe(
    'What it is limited to: `CODE:operation`, `CODE:*`, `money:read`. Absent: everything its role may',
  );
export const KeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(ROLES),
  scopes: KeyScopes.optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional().describe('ISO 8601, to come: from then on it ends'),
});
export const KeyView = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  scopes: z.array(z.string()).optional().describe('Absent: everything its role may'),
  expiresAt: Timestamp.optional(),
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
  maxDurationMs: z.coerce.number<number | string>().min(0).optional(),
  q: z.string().min(1).max(256).optional().describe('Text in the kept request or answer'),
  from: Time.optional(),
  to: Time.optional(),
}).refine(...inOrder);
export const AccountQuery = z.strictObject({
  account: z.string().max(64).optional().describe('Of a service with several accounts, which'),
});
export const RotationQuery = z.strictObject({
  version: z
    .string()
    .max(64)
    .optional()
    .describe('The version you saw as current: refused when it no longer is'),
  canary: z
    .enum(['auto', 'none'])
    .default('auto')
    .describe('`none`: store them without the call that tries them'),
});
export const CheckQuery = z.strictObject({
  check: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Answer what would be stored, and store nothing'),
});
export const RevisionQuery = z.strictObject({ revision: Count.optional() });
export const RevisionPath = z.object({ revision: Count });
export const DiffQuery = z.strictObject({
  against: Count.optional().describe('What `before` is of; default: the revision before this one'),
});

export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  stores: z.record(z.string(), z.enum(['ok', 'unreachable'])),
});
