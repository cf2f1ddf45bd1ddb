import { LRUCache } from 'lru-cache';
import type { Authentication } from '../auth/strategy.ts';
import { maskValues } from '../text/redaction/known-values.ts';

/** Masks the secrets a call was authenticated with in a text: a platform may echo them anywhere. */
export type MaskSecrets = (text: string) => string;

/** Shorter values are common (`1`, `zh-CN`), and too short to be secrets. */
const SHORTEST = 8;
/** Filters by what they mask: a session's cookies stay the same for many calls. */
const filters = new LRUCache<string, MaskSecrets>({ max: 200 });

/** @param url Where the request goes: which cookies it carries depends on it. */
export function maskSent(auth: Authentication, url: string): MaskSecrets {
  const values = [
    ...(auth.cookies?.(url) ?? []).map(([, value]) => value),
    // "Bearer abc": the second word is the secret.
    ...Object.values(auth.headers).flatMap((value) => [value, ...value.split(' ').slice(1)]),
    ...Object.values(auth.query ?? {}),
    ...Object.values(auth.fields ?? {}),
    ...(auth.secrets ?? []),
  ].filter((value) => value.length >= SHORTEST);
  const key = values.join('\n');
  const known = filters.get(key);
  if (known) return known;
  const fresh = maskValues(values);
  filters.set(key, fresh);
  return fresh;
}
