/** What a definition says about calls: operations, retries, quotas, the breaker (SPEC 3, 4). */
import * as z from 'zod';
import type { Auth } from '../auth/strategies.ts';
import {
  Charset,
  Fields,
  HeaderName,
  HeaderTemplates,
  Path,
  Pointer,
  seconds,
} from '../definition/fields.ts';
import { Extractor, Extractors } from '../definition/extractor/schema.ts';
import { Predicate } from '../definition/predicate/schema.ts';
import type { AccountService, BaseDefinition } from '../definition/service.ts';
import { isJsonSchema } from './operation/json-schema.ts';
import { isNeverSent } from './raw-proxy/headers.ts';

const Method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const Body = z.enum(['json', 'form', 'multipart']);

const StepBefore = z.strictObject({
  method: Method.default('GET').describe('It may be sent any number of times.'),
  path: Path.describe('Appended to `baseUrl`; a template.'),
  query: Fields.optional().describe('Templates for the query string.'),
  headers: HeaderTemplates.optional().describe('Templates for headers, and for their names.'),
  body: Body.optional().describe(
    'How the body is written. Absent: fields are in the query of a GET, a form otherwise.',
  ),
  fields: Fields.optional().describe("Templates for the body's fields."),
  extract: Extractors.default({}).describe('What to take out of the answer: `{{before.x}}`.'),
});
export type StepBefore = z.infer<typeof StepBefore>;

/** An answer of one of these kinds is an answer: it says nothing about whether the third party is up. */
const Failure = z.strictObject({
  when: z.lazy(() => Predicate).describe('What such an answer looks like.'),
  error: z
    .enum(['PLATFORM_API_ERROR', 'PLATFORM_BUSY', 'PLATFORM_UNAVAILABLE'])
    .describe('The code that callers get.'),
  retryable: z.boolean().optional().describe('Whether callers are told to try again.'),
});

const Operation = z.strictObject({
  description: z.string().max(2_000).optional().describe('For people, and for the list of operations.'),
  method: Method.describe('GET and HEAD are safe to repeat.'),
  path: Path.describe('Appended to `baseUrl`; a template.'),
  query: Fields.optional().describe(
    'Templates for the query string. Absent on a method without body: every param the path does not use.',
  ),
  headers: HeaderTemplates.optional().describe('Templates for headers, and for their names.'),
  body: Body.optional().describe('How the body is written. Absent: no body.'),
  fields: Fields.optional().describe(
    "Templates for the body's fields. Absent: every param that neither path nor query uses.",
  ),
  before: z
    .array(StepBefore)
    .max(5)
    .default([])
    .describe(
      'Requests made just before, in the same session and with the same params: a page with its token.',
    ),
  params: z
    .record(z.string(), z.json())
    .refine(isJsonSchema, 'is not a supported JSON Schema')
    .optional()
    .describe('JSON Schema of `params`.'),
  success: Predicate.optional().describe('What a success looks like. Absent: any 2xx.'),
  failures: z
    .array(Failure)
    .default([])
    .describe(
      'Answers that are failures, whatever their status; the first that holds counts, before `success`.',
    ),
  result: Pointer.default('').describe('JSON pointer into the answer; `""` is the whole.'),
  extract: z
    .union([Extractor, Extractors])
    .optional()
    .describe('What `data` is, instead of `result`: one value, or an object of named ones.'),
  idempotent: z.boolean().optional().describe('May be sent twice without harm, whatever its method says.'),
  cacheSeconds: seconds(86_400)
    .optional()
    .describe('How long an answer serves later calls with the same params.'),
  staleSeconds: seconds(7 * 86_400)
    .optional()
    .describe('How long after `cacheSeconds` an answer may still serve when the service is down.'),
  timeoutSeconds: seconds(300).optional().describe("Instead of the service's own."),
  charset: Charset.optional().describe('Of answers and forms that do not say.'),
});
export type Operation = z.infer<typeof Operation>;

const RetryRule = (delays: number[]) =>
  z
    .strictObject({
      attempts: z.int().min(0).max(10).default(delays.length).describe('Retries after the first try.'),
      delaysSeconds: z
        .array(z.number().min(0).max(300))
        .min(1)
        .default(delays)
        .describe('Before each retry, the last for all further ones; jittered.'),
    })
    .prefault({});

export const QUOTA_TYPES = ['PER_SECOND', 'PER_MINUTE', 'PER_HOUR', 'PER_DAY', 'PER_MONTH'] as const;
export type QuotaType = (typeof QUOTA_TYPES)[number];

export const Quota = z.strictObject({
  type: z.enum(QUOTA_TYPES).describe('Its window.'),
  limit: z.int().min(0).max(1_000_000_000).describe('Calls per window.'),
});
export type Quota = z.infer<typeof Quota>;

/** The slice itself: members of a definition. */
export const CALL_FIELDS = {
  allowedPaths: z
    .array(Path)
    .default([])
    .describe('What the raw proxy may reach, `*` for anything; none: operations only.'),
  allowedHeaders: z
    .array(HeaderName.refine((name) => !isNeverSent(name), 'is never passed on'))
    .max(50)
    .default([])
    .describe(
      'Headers that the raw proxy passes on although servers may take path, host or method from them, as `X-HTTP-Method-Override`.',
    ),
  operations: z
    .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), Operation)
    .default({})
    .describe('Calls by name.'),
  retry: z
    .strictObject({
      networkTimeout: RetryRule([1, 2, 4]).describe('After a timeout, a reset, a refused connection.'),
      serverError: RetryRule([5, 10, 20]).describe('After a 5xx.'),
    })
    .prefault({})
    .describe('When a request that may be repeated is sent again.'),
  quotas: z
    .array(Quota)
    .max(QUOTA_TYPES.length)
    .default([])
    .describe('How many calls go out; more are refused.'),
  breaker: z
    .strictObject({
      failures: z.int().min(1).max(1_000).default(5).describe('Failed calls in a row that open it.'),
      openSeconds: seconds(3_600).default(30).describe('How long calls are refused, before one tries.'),
    })
    .optional()
    .describe('Spares a service that is down. Absent: none.'),
};
const CallFields = z.object(CALL_FIELDS);

export type CallDefinition = BaseDefinition & z.output<typeof CallFields> & { auth: Auth };
/** A service as the call pipeline sees it. */
export type CallableService = AccountService<CallDefinition>;
