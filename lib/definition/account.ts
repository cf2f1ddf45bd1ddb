/** Accounts of a service: each is one set of its credentials (SPEC 1, 3). */
import * as z from 'zod';

export const AccountName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'is not a name for an account');

/** More than any third party gives out, few enough to be read at each call. */
export const MAX_ACCOUNTS = 50;

/**
 * What is counted, paused and alerted about: `CODE` of a service with one account, `CODE/north` of one of several.
 * A code has no slash.
 */
export const subjectOf = (code: string, account: string | undefined): string =>
  account === undefined ? code : `${code}/${account}`;

export function parseSubject(subject: string): { code: string; account: string | undefined } {
  const [code, account] = subject.split('/');
  return { code: code!, account };
}
