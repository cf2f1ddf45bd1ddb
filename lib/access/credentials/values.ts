import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { isSecretName } from '../../text/redaction/names.ts';
import type { Credentials } from './credentials.ts';

/** Secrets Manager allows 64 KB in total; no password is that long. */
const MAX_VALUE_LENGTH = 8_192;

const Value = z
  .union([z.string(), z.number()], { error: 'must be text or a number' })
  .transform(String)
  .pipe(z.string().min(1, 'must not be empty').max(MAX_VALUE_LENGTH, 'is too long'));

/** Flat: a template names `{{credentials.appKey}}`, nothing deeper. Numbers become their text. */
const Values = z
  .record(z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'is not a name for a credential'), Value)
  .refine((values) => Object.keys(values).length > 0, 'must have at least one field')
  .refine((values) => Object.keys(values).length <= 64, 'must have at most 64 fields');

/**
 * Parses credentials. @throws GatewayError `VALIDATION_FAILED` naming the fields at fault, never a
 * value.
 */
export function parseCredentials(input: unknown): Credentials {
  const parsed = Values.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => ({
    field: ['credentials', ...issue.path].map(String).join('.'),
    // zod's own message may quote the value.
    message: issue.code === 'invalid_type' ? 'must be a flat object of strings' : plainMessage(issue),
  }));
  const named = fields.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new GatewayError('VALIDATION_FAILED', `The credentials are not valid: ${named}.`, { fields });
}

function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is not a name for a credential';
  return issue.message;
}

/** The same for what is stored. `undefined`: not readable. */
export function readStoredCredentials(text: string): Credentials | undefined {
  try {
    const parsed = Values.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Names that tell who it is, not that it is they. */
const IDENTITY = /(?:id|no|name|user|login|account|mail|phone|mobile|tenant|region|host|url|domain)$/i;

/** What of credentials must not be read by anybody: all but names of users, accounts, applications. */
export function secretValues(values: Credentials): string[] {
  return Object.entries(values)
    .filter(([name]) => isSecretCredential(name))
    .map(([, value]) => value);
}

const isSecretCredential = (name: string): boolean => isSecretName(name) || !IDENTITY.test(name);

/** What nobody may read of a request: secrets among credentials, and what its templates make of these. */
export class RequestSecrets {
  /** Grows while templates are rendered. */
  readonly texts: string[];

  constructor(values: Credentials) {
    this.texts = secretValues(values);
  }

  /** @param names of the credentials that it is made of. */
  add(text: string, names: readonly string[]): void {
    if (names.some(isSecretCredential)) this.texts.push(text);
  }
}

/** JSON with sorted keys: the same credentials are the same text. */
export function canonicalCredentials(values: Credentials): string {
  const names = Object.keys(values).sort();
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, values[name]])));
}

/**
 * First 16 hex digits of the HMAC-SHA256 of code and canonical document: without the key nobody can tell by guessing
 * what a short password is, nor that two services share one.
 */
export function fingerprint(key: KeyObject, code: string, values: Credentials): string {
  const hmac = createHmac('sha256', key).update(`${code}\n${canonicalCredentials(values)}`);
  return hmac.digest('hex').slice(0, 16);
}
