import * as z from 'zod';
import { formatGeneration } from '../../platforms/session/generation.ts';

const Time = z.iso.datetime();

/** A token as it is stored, before encryption. */
export const TokenDocument = z.looseObject({
  access_token: z.string().min(1),
  /** When it was asked for. */
  asked_at: Time,
  /** When it ends. */
  access_expires_at: Time,
  /** What the next one is asked for with. */
  refresh_token: z.string().min(1).optional(),
  /** Of what a person has configured: other credentials begin another chain of refresh tokens. */
  descent: z.string(),
  /** Of the definition and of the credentials it was got with. */
  revision: z.int(),
  version: z.string(),
  /** When Redis may drop it: a refresh token outlives its access token. */
  expires_at: Time,
  /** `"G.0"`. */
  generation: z.string().regex(/^\d{1,15}\.\d{1,15}$/),
});
export type TokenDocument = z.infer<typeof TokenDocument>;

/** `undefined` for anything that is not one: it counts as no token. */
export function parseToken(text: string): TokenDocument | undefined {
  try {
    return TokenDocument.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Longer than any token endpoint keeps one that nobody uses. */
const REFRESH_TOKEN_MS = 400 * 86_400_000;
/** RFC 6749 5.1 lets an answer leave its end out; a token that ends earlier is refused, and renewed then. */
const UNKNOWN_LIFE_MS = 3_600_000;
/** For tokens that live hardly at all: those who waited for one can still use it. */
const LEAST_LIFE_MS = 1_000;
const LONGEST_LIFE_MS = 30 * 86_400_000;

/** How long before its end a token is renewed: at a tenth of its life, at most (SPEC 5). */
const LONGEST_AHEAD_MS = 30_000;

export interface GrantedToken {
  accessToken: string;
  /** Seconds. */
  expiresIn: number | undefined;
  refreshToken: string | undefined;
}

export function tokenDocument(
  granted: GrantedToken,
  about: { login: number; askedAt: number; revision: number; version: string; descent: string },
): TokenDocument {
  const { login, askedAt, revision, version, descent } = about;
  const said = granted.expiresIn === undefined ? UNKNOWN_LIFE_MS : granted.expiresIn * 1_000;
  const end = askedAt + Math.min(LONGEST_LIFE_MS, Math.max(LEAST_LIFE_MS, said));
  const { refreshToken } = granted;
  return {
    access_token: granted.accessToken,
    asked_at: new Date(askedAt).toISOString(),
    access_expires_at: new Date(end).toISOString(),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    descent,
    revision,
    version,
    expires_at: new Date(refreshToken === undefined ? end : askedAt + REFRESH_TOKEN_MS).toISOString(),
    generation: formatGeneration({ login, revision: 0 }),
  };
}

/** Milliseconds since the epoch. */
export function timesOf(document: TokenDocument): { renewAt: number; expiresAt: number } {
  const expiresAt = Date.parse(document.access_expires_at);
  const life = expiresAt - Date.parse(document.asked_at);
  return { expiresAt, renewAt: expiresAt - Math.min(LONGEST_AHEAD_MS, life / 10) };
}
