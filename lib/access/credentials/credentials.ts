/** A third party's credentials: one flat JSON object per service and stage, SPEC 3. */
export type Credentials = Record<string, string>;

export interface CredentialVersion {
  /** Secrets Manager's version id. */
  versionId: string;
  values: Credentials;
}

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
  /** Current version; cached in the process for at most 60 s. `CONFIGURATION_ERROR` when there is none. */
  current(code: string): Promise<CredentialVersion>;
  /** Current, then previous while it is not retired: what an incoming signature may have been made with. */
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
