/** What one account logs in or signs with: a flat JSON object, SPEC 3. */
export type Credentials = Record<string, string>;

/** One account's part of a version of a service's credentials. */
export interface CredentialVersion {
  /** Secrets Manager's version id, of the whole document. */
  versionId: string;
  values: Credentials;
  /** Of one of several accounts: see `markOf`. */
  mark?: string;
  /** What nobody may read of the service's other accounts. */
  otherSecrets?: readonly string[];
}

/**
 * What refusals are counted for. Correcting one account must not give the others, refused for what they are, three more
 * tries: where there are several it changes with the account's own values only.
 */
export const markOf = ({ mark, versionId }: CredentialVersion): string => mark ?? versionId;

/** One of several accounts. */
export interface Account {
  name: string;
  /** @see markOf */
  mark: string;
}

/** A service's accounts. `list` is empty where there is one, or none yet. */
export interface AccountList {
  list: readonly Account[];
  /** What nobody may read, of all of them: a third party may give back another's. */
  secrets: readonly string[];
}

export const ONE_ACCOUNT: AccountList = { list: [], secrets: [] };

export interface CredentialVersionInfo {
  versionId: string;
  stage: 'CURRENT' | 'PREVIOUS';
  createdAt: string;
  /** 16 hex digits, keyed: distinguishes the versions of one service, reveals nothing else. Not stored. */
  fingerprint: string;
  lastUsedAt: string | undefined;
  useCount: number;
}

export interface CredentialStore {
  /**
   * Current version; cached in the process for at most 60 s. `CONFIGURATION_ERROR` when there is none, or no such
   * account. @param account of several; absent where the service has one.
   */
  current(code: string, account?: string): Promise<CredentialVersion>;
  /** As fresh as `current`; while it cannot be read, what was known before. */
  accounts(code: string): Promise<AccountList>;
  /**
   * Current, then previous while it is not retired: what an incoming signature may have been made with. Of several
   * accounts, each.
   */
  valid(code: string): Promise<CredentialVersion[]>;
  put(code: string, values: Credentials): Promise<CredentialVersionInfo>;
  /** Ends the overlap: the previous version is no longer valid. */
  retirePrevious(code: string): Promise<void>;
  describe(code: string): Promise<CredentialVersionInfo[]>;
  delete(code: string): Promise<void>;
  /** Counts one use of a version. Never throws, and costs a call no round trip. */
  used(code: string, versionId: string): void;
  /** Drops what is cached of `code` (after a refusal: it may have been rotated). */
  forget(code: string): void;
}
