import * as z from 'zod';
import { StoredJar, storeJar } from '../cookies/jar.ts';
import type { LoginResult } from '../login/login.ts';
import type { ReadImport } from './import-input.ts';
import { formatGeneration } from './generation.ts';

const Time = z.iso.datetime();

/** A session as it is stored, before encryption (SPEC 5). */
export const SessionDocument = z.looseObject({
  /** Name → value, for a person to read; `jar` is what counts. */
  cookies: z.record(z.string(), z.string()),
  /** What is sent with every call, `sessionHeaders` as rendered when it was stored. */
  headers: z.record(z.string(), z.string()),
  /** Of a session from a person: sent beside `sessionHeaders`. */
  own_headers: z.record(z.string(), z.string()).default({}),
  /** `{{session.x}}`. */
  values: z.record(z.string(), z.unknown()).default({}),
  created_at: Time,
  last_accessed: Time,
  expires_at: Time,
  login_info: z.looseObject({
    captcha_url: z.string().optional(),
    login_time: z.string(),
    /** `import`: a person has opened it. */
    trigger: z.string().optional(),
    attempts: z.number().optional(),
    duration_ms: z.number().optional(),
  }),
  /** `"G.R"`, SPEC 5. */
  generation: z.string().regex(/^\d{1,15}\.\d{1,15}$/),
  jar: StoredJar,
});
export type SessionDocument = z.infer<typeof SessionDocument>;

/** `undefined` for anything that is not a session document: it counts as no session. */
export const parseDocument = (text: string): SessionDocument | undefined => parsed(SessionDocument, text);

/** What renews a session that has ended: `login.refresh` (SPEC 5). */
const RefreshState = z.object({
  values: z.record(z.string(), z.unknown()),
  jar: StoredJar,
  /** Of the credentials that logged in: others are another account's. */
  credentialVersion: z.string(),
});
export type RefreshState = z.infer<typeof RefreshState>;

/** `undefined` for anything else: the next renewal is a whole login. */
export const parseRefreshState = (text: string): RefreshState | undefined => parsed(RefreshState, text);

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The document of a login that has just succeeded; cookies and headers are filled in where they are known. */
export function newDocument(
  result: LoginResult,
  { generation, now, lifeMs }: { generation: string; now: number; lifeMs: number },
): SessionDocument {
  return {
    ...emptyDocument(now),
    values: result.values,
    expires_at: new Date(now + lifeMs).toISOString(),
    login_info: { ...result.loginInfo },
    generation,
    jar: storeJar(result.jar, now),
  };
}

/** The document of a session that a person has opened. */
export function importedDocument(
  { jar, headers, values, endsAt }: ReadImport,
  { login, now }: { login: number; now: number },
): SessionDocument {
  return {
    ...emptyDocument(now),
    own_headers: headers,
    values,
    expires_at: new Date(endsAt).toISOString(),
    login_info: { login_time: new Date(now).toISOString(), trigger: 'import' },
    generation: formatGeneration({ login, revision: 0 }),
    jar,
  };
}

function emptyDocument(now: number) {
  const at = new Date(now).toISOString();
  return { cookies: {}, headers: {}, own_headers: {}, created_at: at, last_accessed: at };
}
