import { GatewayError } from '../runtime/errors.ts';
import { fieldErrors } from '../runtime/field-errors.ts';
import type { FieldError } from '../runtime/errors.ts';
import { Definition } from './definition.ts';

/** What the registry itself keeps beside a document, and hands out with it: never part of a definition. */
export interface DocumentParts {
  document: unknown;
  /** The revision the writer read, when the document carries one. */
  revision: number | undefined;
}

/** Takes `revision`, `createdAt` and `updatedAt` off a document. @throws `VALIDATION_FAILED` for a bad revision. */
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
 * A definition from what somebody wrote, every default filled in.
 * @throws GatewayError `VALIDATION_FAILED` naming every field at fault (`auth.login.success`).
 */
export function parseDefinition(document: unknown): Definition {
  const parsed = Definition.safeParse(document);
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrors(parsed.error));
}

/**
 * A definition from the store. Keys that this version does not know (written by a newer one during a
 * deploy) are left out; everything else must hold.
 */
export function parseStoredDefinition(document: unknown): Definition {
  const parsed = Definition.safeParse(document);
  if (parsed.success) return parsed.data;
  const lenient = structuredClone(document);
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') removeKeys(lenient, issue.path, issue.keys);
  }
  return parseDefinition(lenient);
}

function removeKeys(document: unknown, path: PropertyKey[], keys: string[]): void {
  const parent = path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    document,
  );
  if (typeof parent !== 'object' || parent === null) return;
  for (const key of keys) delete (parent as Record<string, unknown>)[key];
}

export function invalid(fields: FieldError[]): GatewayError {
  const named = fields.slice(0, 5).map(({ field, message }) => `${field}: ${message}`);
  const more = fields.length > 5 ? `; and ${fields.length - 5} more` : '';
  return new GatewayError('VALIDATION_FAILED', `The definition is not valid. ${named.join('; ')}${more}.`, {
    fields,
  });
}
