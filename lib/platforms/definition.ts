/** What a definition says about a platform that only lets a browser in: strategy `SESSION` (SPEC 5). */
import * as z from 'zod';
import { Charset, HeaderTemplates, Lockout, seconds } from '../definition/fields.ts';
import { Predicate } from '../definition/predicate/schema.ts';
import { RefreshOn } from '../definition/refresh-on.ts';
import type { AccountService, BaseDefinition } from '../definition/service.ts';
import { ValueName } from '../definition/extractor/schema.ts';
import { Login } from './login-definition.ts';
import type { LoginStepDefinition } from './login-definition.ts';

export type { Login } from './login-definition.ts';

export const SessionAuth = z.strictObject({
  type: z.literal('SESSION'),
  charset: Charset.optional().describe('Of pages that do not name one, and of forms.'),
  keyPrefix: z
    .string()
    .regex(/^[\w:.{}-]{1,128}:$/, 'must end with ":"')
    .optional()
    .describe('Of the keys in Redis. Absent: `gateway:` and the code in small letters.'),
  sessionTimeoutSeconds: seconds(30 * 86_400)
    .default(3_600)
    .describe('How long a session is used; with `login.refresh`, how long it can be refreshed.'),
  keepalive: z
    .strictObject({
      intervalSeconds: z.int().min(30).max(86_400).default(300).describe('How often.'),
      operation: z.string().describe('The operation that is called.'),
    })
    .optional()
    .describe('Calls that keep the session alive while nobody else calls.'),
  login: Login.optional().describe('How to log in. Absent: the service lives on sessions from people only.'),
  sessionValues: z
    .array(ValueName)
    .max(50)
    .default([])
    .describe('Names of `{{session.x}}` that only a session from a person has.'),
  expired: Predicate.optional().describe(
    'What the answer to an ended session looks like. Absent: status 401.',
  ),
  sessionRefreshOn: RefreshOn,
  sessionHeaders: HeaderTemplates.default({}).describe(
    'Headers of every call; one whose cookie or value is absent is left out.',
  ),
  lockout: Lockout,
});
export type SessionAuth = z.infer<typeof SessionAuth>;

export type PlatformDefinition = BaseDefinition & { auth: SessionAuth };

/** The requests of a login beside page, captcha and form, each with its place. */
export function requestsOf({ ask, after, refresh }: Login): [path: string, step: LoginStepDefinition][] {
  return [
    ...ask.flatMap(({ before }, at): [string, LoginStepDefinition][] =>
      before ? [[`auth.login.ask.${at}.before`, before]] : [],
    ),
    ...after.map((step, at): [string, LoginStepDefinition] => [`auth.login.after.${at}`, step]),
    ...(refresh ? [['auth.login.refresh', refresh] as [string, LoginStepDefinition]] : []),
  ];
}

/** What the session may hold beside its cookies: `{{session.x}}`. */
export function sessionValueNames({ login, sessionValues, sessionRefreshOn }: SessionAuth): string[] {
  const steps = login ? [login, ...requestsOf(login).map(([, step]) => step)] : [];
  const extractors = [...steps.map(({ extract }) => extract), sessionRefreshOn?.extract ?? {}];
  return [...new Set([...sessionValues, ...extractors.flatMap(Object.keys)])];
}

/** A service that keeps a session, or one for each of its accounts. Narrowed once, by `asPlatform`. */
export type PlatformService = AccountService<PlatformDefinition>;

/** The service as a platform; `undefined` when it is authenticated in another way. */
export function asPlatform(
  service: AccountService<BaseDefinition & { auth: { type: string } }>,
): PlatformService | undefined {
  return service.definition.auth.type === 'SESSION' ? (service as PlatformService) : undefined;
}
