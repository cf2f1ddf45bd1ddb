/**
 * A service is data: this is its shape (SPEC 3, 5, 7). One schema validates files, the API and what is
 * stored; `services/service.schema.json` is generated from it.
 */
import * as z from 'zod';
import { isCharset } from '../text/charset.ts';
import { isPattern } from '../text/pattern.ts';
import { checkTemplate } from '../definition/template/compile.ts';
import { pathProblem } from '../definition/path.ts';

/** Turns a check that answers with what is wrong into one zod understands. */
const check = (problemOf: (text: string) => string | undefined) => (context: z.core.ParsePayload<string>) => {
  const message = problemOf(context.value);
  if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
};

const seconds = (max: number) => z.number().positive().max(max);
const Template = z.string().max(8_192).check(check(checkTemplate));
const Fields = z.record(z.string().min(1).max(256), Template);
const HeaderName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'is not a header name');
const HeaderTemplates = z.record(HeaderName, Template.regex(/^[^\r\n\0]*$/, 'must be one line'));
const Path = Template.regex(/^\/[^\s#\\]*$/, 'must start with "/" and hold no space, "#" or "\\"').check(
  check(pathProblem),
);
const Pointer = z.string().regex(/^(\/([^~]|~[01])*)*$/, 'is not a JSON pointer');
const Charset = z
  .string()
  .regex(/^[A-Za-z0-9_-]{2,32}$/, 'is not a charset')
  .refine(isCharset, { error: 'is not a charset we can read', abort: true });
const Status = z.int().min(100).max(599);

export const Match = z
  .strictObject({
    includes: z.string().min(1).optional(),
    matches: z
      .string()
      .min(1)
      .max(1_000)
      .refine(isPattern, 'is not a pattern in RE2 syntax')
      .optional()
      .describe('RE2 syntax: no backreferences, no lookaround.'),
  })
  .refine((m) => m.includes !== undefined || m.matches !== undefined, 'needs includes or matches');
export type Match = z.infer<typeof Match>;

export interface Predicate {
  status?: number | number[] | undefined;
  location?: Match | undefined;
  text?: Match | undefined;
  json?: { pointer: string; equals: unknown } | undefined;
  cookie?: string | undefined;
  not?: Predicate | undefined;
  any?: Predicate[] | undefined;
  all?: Predicate[] | undefined;
}

/** A statement about an answer; all keys given must hold. */
export const Predicate: z.ZodType<Predicate> = z
  .strictObject({
    status: z.union([Status, z.array(Status).min(1)]).optional(),
    location: Match.optional(),
    text: Match.optional(),
    json: z.strictObject({ pointer: Pointer, equals: z.json() }).optional(),
    cookie: z.string().min(1).optional(),
    get not() {
      return Predicate.optional();
    },
    get any() {
      return z.array(Predicate).min(1).optional();
    },
    get all() {
      return z.array(Predicate).min(1).optional();
    },
  })
  .refine((p) => Object.values(p).some((v) => v !== undefined), 'needs at least one key')
  .meta({ id: 'Predicate' });

const Operation = z.strictObject({
  description: z.string().max(2_000).optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: Path,
  query: Fields.optional().describe(
    'Templates for the query string. Absent on a method without body: every param the path does not use.',
  ),
  headers: HeaderTemplates.optional(),
  body: z
    .enum(['json', 'form', 'multipart'])
    .optional()
    .describe('How the body is written. Absent: no body.'),
  fields: Fields.optional().describe(
    "Templates for the body's fields. Absent: every param that neither path nor query uses.",
  ),
  params: z
    .record(z.string(), z.json())
    .refine(isJsonSchema, 'is not a JSON Schema we can read')
    .optional()
    .describe('JSON Schema of `params`.'),
  success: Predicate.optional(),
  result: Pointer.default('').describe('JSON pointer into the answer; `""` is the whole.'),
  idempotent: z.boolean().optional().describe('May be sent twice without harm, whatever its method says.'),
  cacheSeconds: seconds(86_400).optional(),
  staleSeconds: seconds(7 * 86_400)
    .optional()
    .describe('How long after `cacheSeconds` an answer may still serve when the service is down.'),
  timeoutSeconds: seconds(300).optional(),
  charset: Charset.optional(),
});
export type Operation = z.infer<typeof Operation>;

const Extraction = z.strictObject({ selector: z.string().min(1), attribute: z.string().min(1).optional() });

const Login = z.strictObject({
  page: z.strictObject({ path: Path, extract: z.record(z.string(), Extraction).default({}) }).optional(),
  captcha: z
    .strictObject({
      path: Path,
      cacheBuster: z.string().min(1).optional(),
      codetype: z.int().positive().default(1004),
      solvers: z
        .array(z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/))
        .min(1)
        .default(['CHAOJIYING']),
      maxAttempts: z.int().min(1).max(10).default(3),
    })
    .optional(),
  submit: z.strictObject({
    method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
    path: Path,
    body: z.enum(['form', 'json']).default('form'),
    headers: HeaderTemplates.optional(),
    fields: Fields,
  }),
  success: Predicate,
  failures: z
    .array(
      z.strictObject({
        when: Predicate,
        error: z.enum(['CAPTCHA_FAILED', 'AUTHENTICATION_FAILED', 'PLATFORM_UNAVAILABLE']),
      }),
    )
    .default([]),
});
export type Login = z.infer<typeof Login>;

const SessionAuth = z.strictObject({
  type: z.literal('SESSION'),
  charset: Charset.optional(),
  keyPrefix: z
    .string()
    .regex(/^[\w:.{}-]{1,128}:$/, 'must end with ":"')
    .optional(),
  sessionTimeoutSeconds: seconds(30 * 86_400).default(3_600),
  keepalive: z
    .strictObject({ intervalSeconds: z.int().min(30).max(86_400).default(300), operation: z.string() })
    .optional(),
  login: Login,
  expired: Predicate.optional(),
  sessionHeaders: HeaderTemplates.default({}),
  lockout: z
    .strictObject({ failures: z.int().min(1).max(100).default(3), seconds: seconds(86_400).default(600) })
    .prefault({}),
});
export type SessionAuth = z.infer<typeof SessionAuth>;

const Auth = z.discriminatedUnion('type', [
  SessionAuth,
  z.strictObject({ type: z.literal('SIGNATURE') }),
  z.strictObject({ type: z.literal('CHAOJIYING') }),
  z.strictObject({
    type: z.literal('API_KEY'),
    in: z.enum(['header', 'query']).default('header'),
    name: HeaderName.default('X-API-Key'),
    value: Template.default('{{credentials.apiKey}}'),
  }),
  z.strictObject({ type: z.literal('BEARER'), token: Template.default('{{credentials.token}}') }),
  z.strictObject({
    type: z.literal('BASIC'),
    username: Template.default('{{credentials.username}}'),
    password: Template.default('{{credentials.password}}'),
  }),
  z.strictObject({ type: z.literal('NONE') }),
]);
export type Auth = z.infer<typeof Auth>;

const RetryRule = (delays: number[]) =>
  z
    .strictObject({
      attempts: z.int().min(0).max(10).default(delays.length).describe('Retries after the first try.'),
      delaysSeconds: z.array(z.number().min(0).max(300)).min(1).default(delays),
    })
    .prefault({});

export const QUOTA_TYPES = ['PER_SECOND', 'PER_MINUTE', 'PER_HOUR', 'PER_DAY', 'PER_MONTH'] as const;
export type QuotaType = (typeof QUOTA_TYPES)[number];

export const Quota = z.strictObject({
  type: z.enum(QUOTA_TYPES),
  limit: z.int().min(0).max(1_000_000_000),
});
export type Quota = z.infer<typeof Quota>;

const Webhook = z.strictObject({
  /** `POST /webhook/{path}/{action}` reaches this service. Absent: no webhook. */
  path: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .optional(),
  windowSeconds: seconds(3_600).default(300),
  rateLimit: z
    .strictObject({ limit: z.int().min(1).default(60), windowSeconds: z.int().min(1).max(3_600).default(60) })
    .prefault({}),
  settlement: z.enum(['SYNC', 'QUEUED']).default('SYNC'),
});

export const ServiceCode = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{1,63}$/, 'must be 2 to 64 of A-Z, 0-9 and "_", a letter first');

export const Definition = z
  .strictObject({
    $schema: z.string().optional(),
    code: ServiceCode,
    name: z.string().min(1).max(200),
    provider: z.string().max(200).default(''),
    description: z.string().max(4_000).default(''),
    serviceType: z
      .enum(['SMS', 'PAYMENT', 'STORAGE', 'SOCIAL', 'PLATFORM', 'CAPTCHA', 'OTHER'])
      .default('OTHER'),
    version: z.string().max(32).default('v1'),
    status: z.enum(['ACTIVE', 'TESTING', 'MAINTENANCE', 'INACTIVE', 'DEPRECATED']).default('ACTIVE'),
    baseUrl: z.url({ protocol: /^https?$/ }),
    timeoutSeconds: seconds(300).default(30),
    priority: z.int().min(0).max(1_000).default(10),
    maxResponseBytes: z
      .int()
      .min(1)
      .max(50_000_000)
      .default(5_000_000)
      .describe("Cap on an answer's decoded body, bytes."),
    timezone: z.string().max(64).default('Asia/Shanghai'),
    defaultHeaders: HeaderTemplates.default({}),
    defaultParams: z.record(z.string(), z.json()).default({}),
    allowedPaths: z.array(Path).default([]),
    auth: Auth,
    operations: z.record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), Operation).default({}),
    retry: z
      .strictObject({ networkTimeout: RetryRule([1, 2, 4]), serverError: RetryRule([5, 10, 20]) })
      .prefault({}),
    quotas: z.array(Quota).max(QUOTA_TYPES.length).default([]),
    breaker: z
      .strictObject({
        failures: z.int().min(1).max(1_000).default(5),
        openSeconds: seconds(3_600).default(30),
      })
      .optional(),
    healthCheck: z
      .strictObject({
        enabled: z.boolean().default(true),
        intervalSeconds: z.int().min(60).max(86_400).default(300),
        timeoutSeconds: seconds(60).default(10),
        retryTimes: z.int().min(0).max(10).default(3),
        alertThreshold: z.int().min(1).max(100).default(3),
        endpoints: z.record(z.string(), Path),
      })
      .optional(),
    monitor: z
      .strictObject({
        responseTimeMs: z.number().positive().default(5_000),
        errorRate: z.number().min(0).max(1).default(0.05),
        availability: z.number().min(0).max(1).default(0.99),
        intervalSeconds: z.int().min(60).max(86_400).default(60),
      })
      .optional(),
    webhook: Webhook.optional(),
    settings: z.record(z.string(), z.json()).default({}),
  })
  .superRefine((definition, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const { auth, operations, quotas, baseUrl } = definition;
    if (auth.type === 'SESSION' && auth.keepalive && !(auth.keepalive.operation in operations)) {
      issue(['auth', 'keepalive', 'operation'], `names no operation of this service`);
    }
    if (new Set(quotas.map((q) => q.type)).size < quotas.length) issue(['quotas'], 'name a type once');
    const url = URL.parse(baseUrl);
    if (url && (url.username !== '' || url.password !== '')) {
      issue(['baseUrl'], 'must hold no user name or password');
    }
    if (url && (url.search !== '' || url.hash !== '')) issue(['baseUrl'], 'must hold no query or fragment');
    if (!isTimeZone(definition.timezone)) issue(['timezone'], 'is not a time zone');
  });

/** A definition as the rest of the code sees it: every default filled in. */
export type Definition = z.output<typeof Definition>;
/** A definition as a person writes it. */
export type DefinitionInput = z.input<typeof Definition>;

/** What the registry keeps of a service. `revision` starts at 1 and counts every change. */
export interface RegisteredService {
  definition: Definition;
  revision: number;
  createdAt: string;
  updatedAt: string;
}

function isJsonSchema(schema: Record<string, unknown>): boolean {
  try {
    return z.fromJSONSchema(schema) !== undefined;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Redis key prefix of a service's session, as the platforms' own convention has it. */
export function sessionKeyPrefix(definition: Definition): string {
  const own = definition.auth.type === 'SESSION' ? definition.auth.keyPrefix : undefined;
  return own ?? `gateway:${definition.code.toLowerCase()}:`;
}
