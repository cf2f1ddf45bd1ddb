import type { RegisteredService } from './definition.ts';

/** Where definitions live. Writers need `revision` to be what they read, or nothing at all (create or replace). */
export interface ServiceRegistry {
  get(code: string): Promise<RegisteredService | undefined>;
  list(): Promise<RegisteredService[]>;
  /**
   * Validates and stores. `expectedRevision` that is not the stored one: `REVISION_CONFLICT`; an invalid
   * document: `VALIDATION_FAILED` naming each field.
   */
  put(
    code: string,
    document: unknown,
    expectedRevision?: number,
  ): Promise<RegisteredService & { created: boolean }>;
  /** `NOT_FOUND` when there is none. */
  delete(code: string, expectedRevision?: number): Promise<void>;
}

/** What calls see: the registry, cached in the process, at most 30 s stale. */
export interface ServiceCatalog {
  /** `NOT_FOUND` for an unknown code. */
  find(code: string): Promise<RegisteredService>;
  list(): Promise<RegisteredService[]>;
  /** Drop what this process has cached (after it wrote). */
  forget(code?: string): void;
}
