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
import type { AccountService, BaseDefinition } from '../definition/service.ts';

const Login = z.strictObject({
  page: z.strictObject({ path: Path, extract: Extractors.default({}) }).optional(),
  captcha: z
    .strictObject({
      path: Path,
      cacheBuster: z.string().min(1).optional(),
      codetype: z.int().positive().default(1004),
      solvers: z.array(ServiceCode).min(1).default(['CHAOJIYING']),
      maxAttempts: z.int().min(1).max(10).default(3),
    })
    .optional(),
  submit: z.strictObject({
    method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
    path: Path,
    body: z.enum(['form', 'json', 'multipart']).default('form'),
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

export const SessionAuth = z.strictObject({
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
  lockout: Lockout,
});
export type SessionAuth = z.infer<typeof SessionAuth>;

export type PlatformDefinition = BaseDefinition & { auth: SessionAuth };
/** What the session may hold beside its cookies: `{{session.x}}`. */
export function sessionValueNames(_auth: { type: string }): string[] {
  return [];
}

/** A service that keeps a session, or one for each of its accounts. Narrowed once, by `asPlatform`. */
export type PlatformService = AccountService<PlatformDefinition>;

/** The service as a platform; `undefined` when it is authenticated in another way. */
export function asPlatform(
  service: AccountService<BaseDefinition & { auth: { type: string } }>,
): PlatformService | undefined {
  return service.definition.auth.type === 'SESSION' ? (service as PlatformService) : undefined;
}
