/** What a definition says about a platform that only lets a browser in: strategy `SESSION` (SPEC 5). */
import * as z from 'zod';
import {
  Charset,
  Fields,
  HeaderTemplates,
  Lockout,
  Path,
  seconds,
  ServiceCode,
} from '../definition/fields.ts';
import { Extractors } from '../definition/extractor/schema.ts';
import { Predicate } from '../definition/predicate/schema.ts';
import type { BaseDefinition, Service } from '../definition/service.ts';

const Login = z.strictObject({
  page: z
    .strictObject({
      path: Path.describe('Where the form is.'),
      extract: Extractors.default({}).describe('What to take out of it: {{page.x}}.'),
    })
    .optional()
    .describe('The page that is opened first, for its cookies and tokens.'),
  captcha: z
    .strictObject({
      path: Path.describe('Where its image is.'),
      cacheBuster: z
        .string()
        .min(1)
        .optional()
        .describe('A query parameter with the time, so that no cache answers.'),
      codetype: z.int().positive().default(1004).describe("Chaojiying's kind of captcha."),
      solvers: z
        .array(ServiceCode)
        .min(1)
        .default(['CHAOJIYING'])
        .describe('Services that solve it, in this order.'),
      maxAttempts: z.int().min(1).max(10).default(3).describe('Images per login.'),
    })
    .optional()
    .describe('An image to be read: {{captcha.text}}.'),
  submit: z
    .strictObject({
      method: z.enum(['POST', 'GET', 'PUT']).default('POST').describe('A GET has its fields in the query.'),
      path: Path.describe('Where the form goes.'),
      body: z.enum(['form', 'json', 'multipart']).default('form').describe('How its fields are written.'),
      headers: HeaderTemplates.optional().describe('Templates for headers, and for their names.'),
      fields: Fields.describe('Templates for its fields.'),
    })
    .describe('The form that logs in.'),
  success: Predicate,
  failures: z
    .array(
      z.strictObject({
        when: Predicate,
        error: z
          .enum(['CAPTCHA_FAILED', 'AUTHENTICATION_FAILED', 'PLATFORM_UNAVAILABLE'])
          .describe('What it means.'),
      }),
    )
    .default([])
    .describe('Answers that are failures; the first that holds counts, before `success`.'),
});
export type Login = z.infer<typeof Login>;

export const SessionAuth = z.strictObject({
  type: z.literal('SESSION'),
  charset: Charset.optional().describe('Of pages and forms that do not say.'),
  keyPrefix: z
    .string()
    .regex(/^[\w:.{}-]{1,128}:$/, 'must end with ":"')
    .optional()
    .describe('What the keys of its session in Redis begin with.'),
  sessionTimeoutSeconds: seconds(30 * 86_400)
    .default(3_600)
    .describe('How long a session lasts; it is renewed before.'),
  keepalive: z
    .strictObject({
      intervalSeconds: z.int().min(30).max(86_400).default(300).describe('How often.'),
      operation: z.string().describe('The operation that is called.'),
    })
    .optional()
    .describe('Calls that keep a session from ending.'),
  login: Login.describe('How to log in.'),
  expired: Predicate.optional().describe('An answer that says the session has ended. Absent: 401.'),
  sessionHeaders: HeaderTemplates.default({}).describe(
    'Templates for headers of every call; one whose cookie is absent is left out.',
  ),
  lockout: Lockout,
});
export type SessionAuth = z.infer<typeof SessionAuth>;

export type PlatformDefinition = BaseDefinition & { auth: SessionAuth };
/** What the session may hold beside its cookies: `{{session.x}}`. */
export function sessionValueNames(_auth: { type: string }): string[] {
  return [];
}

/** A service that keeps a session. Narrowed once, by `asPlatform`. */
export type PlatformService = Service<PlatformDefinition>;

/** The service as a platform; `undefined` when it is authenticated in another way. */
export function asPlatform(
  service: Service<BaseDefinition & { auth: { type: string } }>,
): PlatformService | undefined {
  return service.definition.auth.type === 'SESSION' ? (service as PlatformService) : undefined;
}
