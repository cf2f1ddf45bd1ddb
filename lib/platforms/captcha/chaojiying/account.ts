import { createHash } from 'node:crypto';
import type { Credentials } from '../../../access/credentials/credentials.ts';
import { GatewayError } from '../../../runtime/errors.ts';

/** What Chaojiying's credentials must hold. */
export const ACCOUNT_FIELDS = ['username', 'password', 'softwareId'] as const;

/**
 * The account as form fields of every call: `user`, `pass2` (MD5 of the password, lower-case hex), `softid`.
 * @throws GatewayError `CONFIGURATION_ERROR` naming each credential that is not set.
 */
export function accountFields(code: string, credentials: Credentials): Record<string, string> {
  const missing = ACCOUNT_FIELDS.filter((name) => !credentials[name]);
  if (missing.length > 0) {
    const names = missing.map((name) => `{{credentials.${name}}}`).join(', ');
    throw new GatewayError('CONFIGURATION_ERROR', `${code}: ${names} is missing.`, {
      fields: missing.map((name) => ({ field: `credentials.${name}`, message: 'is not set' })),
    });
  }
  const { username, password, softwareId } = credentials as Record<(typeof ACCOUNT_FIELDS)[number], string>;
  return { user: username, pass2: createHash('md5').update(password).digest('hex'), softid: softwareId };
}
