/** New credentials before they are stored: tried by whoever is handed them, seen by nobody else. */
import { GatewayError } from '../../runtime/errors.ts';
import { subjectOf } from '../../definition/account.ts';
import type { CredentialStore } from './credentials.ts';
import type { RefusalCounter } from './refusals.ts';
import { listOf } from './versions.ts';
import type { AccountVersions } from './versions.ts';

export interface Candidate {
  code: string;
  versions: AccountVersions;
  /** Accounts whose values are not those that are current; `undefined`: the only one. */
  changed: readonly (string | undefined)[];
}

/** The version id of what is not stored: no use is counted of it. */
export const CANDIDATE = 'candidate';

/** A store in which the candidate is what is current, and the only valid one. */
export function withCandidate(store: CredentialStore, candidate: Candidate): CredentialStore {
  const { versions } = candidate;
  const isIt = (code: string) => code === candidate.code;
  return {
    ...store,
    current: async (code, account) => {
      if (!isIt(code)) return store.current(code, account);
      const version = versions.get(account);
      if (version) return version;
      throw new GatewayError(
        'CONFIGURATION_ERROR',
        `There are no credentials of ${subjectOf(code, account)}.`,
      );
    },
    accounts: async (code) => (isIt(code) ? listOf(versions) : store.accounts(code)),
    valid: async (code) => (isIt(code) ? [...versions.values()] : store.valid(code)),
    used: (code, versionId) => (versionId === CANDIDATE ? undefined : store.used(code, versionId)),
  };
}

/** What becomes of a candidate says nothing of the credentials in use, and their pause nothing of it. */
export const heedless = (refusals: RefusalCounter): RefusalCounter => ({
  ...refusals,
  admit: async () => {},
  refused: async () => {},
  accepted: async () => {},
});
