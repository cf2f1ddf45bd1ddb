import type { Service } from '../definition/service.ts';
import type { RegisteredService } from './definition.ts';

export type { ServiceCatalog } from '../definition/service.ts';

/** Reads services, each with the slices that the reader's `parse` knows. */
export interface ServiceReader<S = Service> {
  get(code: string): Promise<S | undefined>;
  list(): Promise<S[]>;
}

export interface WriteOptions {
  /** What the writer read; default: what the document says, if anything. */
  expectedRevision?: number | undefined;
  /** Who writes, as revisions show it: a `Principal.id`. */
  by?: string;
}

/** The store of definitions. Writers pass the `revision` they read, or none to create or replace. */
export interface ServiceRegistry extends ServiceReader<RegisteredService> {
  /**
   * Validates and stores, the revision with it. `expectedRevision` that is not the stored one: `REVISION_CONFLICT`; an
   * invalid document: `VALIDATION_FAILED` naming each field.
   */
  put(
    code: string,
    document: unknown,
    options?: WriteOptions,
  ): Promise<RegisteredService & { created: boolean }>;
  /** Answers and rejects as `put`, and stores nothing. */
  check(code: string, document: unknown): Promise<RegisteredService & { created: boolean }>;
  /** `NOT_FOUND` for an unknown code. */
  delete(code: string, options?: WriteOptions): Promise<void>;
}
