import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { AccountName, MAX_ACCOUNTS, subjectOf } from '../../definition/account.ts';
import type { Source } from '../../definition/template/scope.ts';
import { isSecretName, isSecretValue } from '../../text/redaction/names.ts';
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

const Accounts = z.strictObject({
  accounts: z
    .record(AccountName, Values)
    .refine((accounts) => Object.keys(accounts).length > 0, 'must name at least one account')
    .refine(
      (accounts) => Object.keys(accounts).length <= MAX_ACCOUNTS,
      `must be at most ${MAX_ACCOUNTS} accounts`,
    ),
});

/** The credentials of each account by name, in order; the only one of a service has none. */
export type CredentialsDocument = ReadonlyMap<string | undefined, Credentials>;

/** A document that names accounts has nothing else; a credential may be called `accounts`. */
const namesAccounts = (input: unknown): boolean =>
  typeof (input as { accounts?: unknown } | null)?.accounts === 'object';

function documentOf(input: unknown): z.ZodSafeParseResult<CredentialsDocument> {
  return namesAccounts(input)
    ? Accounts.transform(({ accounts }) => inOrder(accounts)).safeParse(input)
    : Values.transform((values) => new Map([[undefined, values]])).safeParse(input);
}

const inOrder = (accounts: Record<string, Credentials>): CredentialsDocument =>
  new Map(Object.entries(accounts).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Parses credentials. @throws GatewayError `VALIDATION_FAILED` naming the fields at fault, never a
 * value.
 */
export function parseCredentials(input: unknown): CredentialsDocument {
  const parsed = documentOf(input);
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
  if (issue.code === 'unrecognized_keys') return `cannot stand beside accounts: ${issue.keys.join(', ')}`;
  return issue.message;
}

/** The same for what is stored. `undefined`: not readable. */
export function readStoredCredentials(text: string): CredentialsDocument | undefined {
  try {
    const parsed = documentOf(JSON.parse(text));
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

/** Must it be hidden, and what filters make of it? Credentials and answers by their names, what a login gave by its look. */
export const isSecretSource = ({ root, name, value }: Source): boolean =>
  root === 'credentials' || root === 'ask'
    ? isSecretCredential(name)
    : (root === 'session' || root === 'cookie') && typeof value === 'string' && isSecretValue(name, value);

/** What nobody may read of a request: secrets among credentials, and what its templates make of secrets. */
export class RequestSecrets {
  /** Grows while templates are rendered. */
  readonly texts: string[];

  constructor(values: Credentials = {}) {
    this.texts = secretValues(values);
  }

  /** @see Derived */
  add(text: string, sources: readonly Source[]): void {
    if (sources.some(isSecretSource)) this.texts.push(text);
  }
}

/** JSON with sorted keys: the same credentials are the same text. */
export function canonicalCredentials(document: CredentialsDocument): string {
  const only = document.get(undefined);
  return JSON.stringify(only ? sorted(only) : { accounts: sorted(mapped(document, sorted)) });
}

const mapped = <T>(document: CredentialsDocument, change: (values: Credentials) => T): Record<string, T> =>
  Object.fromEntries([...document].map(([name, values]) => [name!, change(values)]));

const sorted = <T>(values: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * First 16 hex digits of the HMAC-SHA256 of code and canonical document: without the key nobody can tell by guessing
 * what a short password is, nor that two services share one.
 */
export const fingerprint = (key: KeyObject, code: string, document: CredentialsDocument): string =>
  digest(key, code, canonicalCredentials(document));

/** The same of one account's values. */
export const accountMark = (key: KeyObject, code: string, account: string, values: Credentials): string =>
  digest(key, subjectOf(code, account), JSON.stringify(sorted(values)));

function digest(key: KeyObject, of: string, text: string): string {
  return createHmac('sha256', key).update(`${of}\n${text}`).digest('hex').slice(0, 16);
}
