import { invalid, parseStored, parseWritten } from '../definition/stored.ts';
import { Definition } from './definition.ts';
import { unusableFields } from './unusable.ts';

/** A document without the registry's own fields, which are not part of a definition. */
export interface DocumentParts {
  document: unknown;
  /** The revision the writer read, when the document carries one. */
  revision: number | undefined;
}

/** Removes `revision`, `createdAt` and `updatedAt` from a document. @throws `VALIDATION_FAILED` for a bad revision. */
export function splitDocument(document: unknown): DocumentParts {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { document, revision: undefined };
  }
  const { revision, createdAt: _created, updatedAt: _updated, ...rest } = document as Record<string, unknown>;
  if (revision !== undefined && !(Number.isSafeInteger(revision) && (revision as number) >= 0)) {
    throw invalid([{ field: 'revision', message: 'must be a whole number' }]);
  }
  return { document: rest, revision: revision as number | undefined };
}

/**
 * A definition from a written document, every default filled in, and able to work.
 * @throws GatewayError `VALIDATION_FAILED` naming every field at fault (`auth.login.success`).
 */
export function parseDefinition(document: unknown): Definition {
  const definition = parseWritten(Definition, document);
  const faults = unusableFields(definition);
  if (faults.length > 0) throw invalid(faults);
  return definition;
}

/** A definition from the store, without the keys that this version does not know. @throws as `parseDefinition`. */
export const parseStoredDefinition = (document: unknown): Definition => parseStored(Definition, document);
