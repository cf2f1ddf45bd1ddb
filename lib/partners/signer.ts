/** Which version of the credentials a signature was made with. */
import { timingSafeEqual } from 'node:crypto';
import type { CredentialVersion } from '../access/credentials/credentials.ts';
import { GatewayError } from '../runtime/errors.ts';
import { RequestRejected, SIGNATURE } from './rejected.ts';

/** More than any partner gives at once. */
export const MAX_SIGNATURES = 16;

/**
 * Of the versions that hold what is needed, the current one first.
 * @throws GatewayError `CONFIGURATION_ERROR` where the current one does not.
 */
export function usableVersions(
  code: string,
  versions: readonly CredentialVersion[],
  needed: readonly string[],
): CredentialVersion[] {
  return versions.filter(({ values }, index) => {
    const missing = needed.find((name) => !values[name]);
    if (missing === undefined || index > 0) return missing === undefined;
    throw new GatewayError('CONFIGURATION_ERROR', `${code}: {{credentials.${missing}}} is missing.`);
  });
}

/**
 * @param given as the partner wrote them: one has to hold.
 * @param signatureBy what it would have written with this version.
 * @throws RequestRejected `SIGNATURE`
 */
export function signerOf(
  versions: readonly CredentialVersion[],
  given: readonly string[],
  signatureBy: (version: CredentialVersion) => string,
): CredentialVersion {
  const signer = versions.find((version) => {
    const expected = Buffer.from(signatureBy(version));
    return given.some((text) => isSame(Buffer.from(text), expected));
  });
  if (!signer) throw new RequestRejected(SIGNATURE);
  return signer;
}

/** How long a signature is, is no secret. */
const isSame = (given: Buffer, expected: Buffer): boolean =>
  given.length === expected.length && timingSafeEqual(given, expected);
