/**
 * Answers of the API: services, sessions, logins, calls, deliveries, statements. A type test compares them
 * with what the handlers return.
 */
import * as z from 'zod';
import { BaseDefinition } from '../definition/service.ts';
import { VERDICTS } from '../partners/deliveries.ts';
import { Definition } from '../registry/definition.ts';
import { Asked, DeadLetterView, Decimal } from './money-schemas.ts';
import { Problem, Timestamp } from './schemas.ts';

const Milliseconds = z.number().describe('Milliseconds');

/** A page of a list; `cursor` leads to the next one. */
const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    cursor: z.string().optional().describe('There are more: send it with the next request'),
  });

// ---- services -------------------------------------------------------------------------------------------

export const ServiceView = Definition.safeExtend({
  revision: z.int().describe('Counts every change, from 1'),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export const ServiceList = z.object({ items: z.array(ServiceView) });

export const RevisionList = pageOf(
  z.object({
    revision: z.int(),
    at: Timestamp,
    by: z.string().nullable().describe('A key id, or `user:{name}`; `null`: stored before it was kept'),
    deleted: z.literal(true).optional().describe('With this revision the service was deleted'),
  }),
);
export const RevisionView = z.object({
  revision: z.int(),
  definition: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('As it was, with defaults filled in where it is still valid; `null`: it was deleted'),
});
export const RevisionDiff = z.object({
  items: z.array(
    z.object({
      path: z.string().describe('`operations.getUserInfo.path`'),
      before: z.unknown().optional().describe('Absent: added'),
      after: z.unknown().optional().describe('Absent: removed'),
    }),
  ),
});

const CallableOperation = z.object({
  description: z.string().optional(),
  idempotent: z.boolean().describe('May be sent twice without harm'),
  params: z.record(z.string(), z.json()).describe('JSON Schema of `params`'),
});
export const CallableServiceView = z.object({
  code: z.string(),
  name: z.string(),
  description: z.string(),
  status: BaseDefinition.shape.status.describe('`MAINTENANCE` and `INACTIVE` refuse calls'),
  operations: z.record(z.string(), CallableOperation).describe('By name: those that this key may call'),
  rawProxy: z.boolean().describe('Requests may be passed through, to some paths'),
});
export const CallableServiceList = z.object({ items: z.array(CallableServiceView) });

// ---- sessions and logins --------------------------------------------------------------------------------

export const SessionSummary = z.object({
  generation: z.string(),
  createdAt: Timestamp,
  lastAccessed: Timestamp,
  expiresAt: Timestamp,
  loginInfo: z.record(z.string(), z.unknown()),
  cookies: z.array(z.string()).describe('Names, never values'),
  headers: z.array(z.string()).describe('Names, never values'),
  values: z.array(z.string()).describe('Names of `{{session.x}}`, never values'),
});
const SessionState = z
  .enum(['none', 'live', 'refused', 'logging-in', 'locked-out', 'needs-person'])
  .describe(
    '`refused`: stored, but the platform has ended it; the next call logs in. `needs-person`: none is live, and no login is described',
  );
export const SessionView = z.object({
  state: SessionState,
  generation: z.string().nullable(),
  main: SessionSummary.nullable(),
  backup: SessionSummary.nullable(),
  lockout: z.object({ refusals: z.int(), lockedUntil: Timestamp.nullable() }),
  lastFailure: z.object({ code: z.string(), count: z.int(), at: Timestamp }).nullable(),
  keepalive: z.object({ nextAt: Timestamp, failures: z.int() }).nullable(),
  lastUpdate: Timestamp.nullable(),
  stats: z.object({ logins: z.int(), errors: z.int(), usualLoginMs: Milliseconds }),
});

export const ServiceAccountView = z.object({
  account: z.string().nullable().describe('`null`: the service has one'),
  session: z
    .object({ state: SessionState, expiresAt: Timestamp.nullable() })
    .nullable()
    .describe('`null`: the service has none'),
  lockout: z.object({ lockedUntil: Timestamp.nullable() }),
  uses: z.int().describe('Calls that took it; of a service with one account, uses of its credentials'),
});
export const ServiceAccountList = z.object({ items: z.array(ServiceAccountView) });

export const LoginStep = z.object({
  step: z.enum(['page', 'captcha', 'solve', 'ask', 'submit', 'redirect', 'verdict', 'after', 'refresh']),
  durationMs: Milliseconds,
  saw: z.record(z.string(), z.unknown()).describe('Redacted: names of fields and cookies, no values'),
  error: z.string().optional(),
});
export const LoginReport = z
  .union([
    SessionView.extend({ success: z.literal(true) }),
    z.object({
      success: z.literal(true),
      steps: z.array(LoginStep),
      loginInfo: z.record(z.string(), z.unknown()),
    }),
    z.object({ success: z.literal(false), steps: z.array(LoginStep), error: Problem }),
  ])
  .describe('The current session; for a dry run its steps; for a failed login the cause');

export const LoginRecord = z.object({
  id: z.string(),
  loginId: z.string().describe('Attempts of one login share it'),
  attempt: z.int(),
  service: z.string(),
  account: z.string().optional().describe('Absent: the service has one'),
  at: Timestamp,
  trigger: z.string(),
  verdict: z.string().describe('`SUCCESS`, or an error code'),
  error: z.string().optional(),
  durationMs: Milliseconds,
  durations: z.record(z.string(), z.number()).describe('Milliseconds per step'),
  captcha: z
    .object({
      url: z.string().optional(),
      codetype: z.number(),
      solver: z.string().optional(),
      text: z.string().optional(),
      pictureId: z.string().optional(),
      right: z.boolean().optional().describe('Absent: the platform did not check it'),
      contentType: z.string().optional(),
      hasImage: z.boolean(),
    })
    .optional(),
  reply: z.object({ status: z.int(), location: z.string().optional(), text: z.string() }).optional(),
  credentialVersionId: z.string(),
});
export const LoginList = pageOf(LoginRecord);

export const CaptchaView = z.object({
  id: z.string(),
  service: z.string(),
  account: z.string().optional().describe('Of a question, where the service has several'),
  kind: z.enum(['CAPTCHA', 'QUESTION']).describe('A picture to read, or a question of a login'),
  prompt: z.string().optional().describe('The question'),
  codetype: z.number().optional(),
  contentType: z.string().optional(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export const CaptchaList = z.object({ items: z.array(CaptchaView) });

// ---- calls ----------------------------------------------------------------------------------------------

export const CallView = z.object({
  id: z.string(),
  at: Timestamp,
  service: z.string(),
  account: z.string().optional().describe('Of several, the one that was taken'),
  operation: z.string().optional().describe('Absent: the raw proxy'),
  method: z.string(),
  path: z.string(),
  status: z.int().describe('Status the caller received'),
  code: z.string().optional(),
  upstreamStatus: z.int().optional(),
  cause: z.string().optional().describe('What a failure came from: `refused 203.0.113.7:443`'),
  durationMs: Milliseconds,
  attempts: z.int(),
  requestId: z.string(),
  caller: z.string().describe('Key id, user, or `keepalive`'),
  cached: z.boolean(),
  stale: z.boolean(),
  session: z.enum(['reused', 'renewed', 'login']).optional(),
  request: z.string().optional().describe('Redacted, at most 4 KB'),
  response: z.string().optional().describe('Redacted, at most 4 KB'),
});
export const CallList = pageOf(CallView);

// ---- webhooks and money ---------------------------------------------------------------------------------

export const DeliveryView = z.object({
  id: z.string(),
  at: Timestamp,
  service: z.string(),
  action: z.string(),
  source: z.string().describe('Address of the sender'),
  status: z.int().describe('Status the sender received'),
  verdict: z.enum(VERDICTS),
  code: z.string().optional(),
  cause: z.string().optional().describe('Why an envelope is invalid, or what failed'),
  transactionId: z.string().optional(),
  keyVersionId: z.string().optional().describe('Which version of the key it was sealed with'),
  durationMs: Milliseconds,
  requestId: z.string(),
  payload: z.string().optional().describe('Redacted'),
  replayOf: z.string().optional().describe('The failed delivery that a person had done again here'),
});
export const DeliveryList = pageOf(DeliveryView);

export const UnverifiedCountView = z.object({
  service: z.string(),
  minute: Timestamp.describe('Its beginning'),
  cause: z.string().describe('`SIGNATURE`, `EXPIRED`, `MALFORMED`, `RATE_LIMITED` ...'),
  count: z.int(),
});
export const UnverifiedCountList = z.object({ items: z.array(UnverifiedCountView) });

export const EntryView = z.object({
  transactionId: z.string(),
  service: z.string().describe('Code of the service that ordered it'),
  type: z.enum(['deposit', 'withdraw', 'adjustment', 'reversal']),
  counterparty: z.string().describe('The account on the other side'),
  amount: Decimal.describe('Exact decimal; negative takes from this account'),
  asked: Asked.optional(),
  reason: z.string().optional(),
  settledAt: Timestamp,
  balance: Decimal.describe('Exact decimal: of this account after this line'),
});
export const EntryList = pageOf(EntryView);
export const DeadLetterList = pageOf(DeadLetterView);
