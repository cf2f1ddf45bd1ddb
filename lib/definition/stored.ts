/** Parses whole documents: those a person wrote, and those another version of the product has stored. */
import type * as z from 'zod';
import { GatewayError } from '../runtime/errors.ts';
import type { FieldError } from '../runtime/errors.ts';
import { fieldErrors } from '../runtime/field-errors.ts';

/** @throws GatewayError `VALIDATION_FAILED` naming every field at fault (`auth.login.success`). */
export function parseWritten<T extends z.ZodType>(schema: T, document: unknown): z.output<T> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrors(parsed.error));
}

/**
 * Keys that this version does not know (written by a newer one during a deploy) are left out; everything else
 * must hold. @throws GatewayError `VALIDATION_FAILED`
 */
export function parseStored<T extends z.ZodType>(schema: T, document: unknown): z.output<T> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const lenient = structuredClone(document);
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') removeKeys(lenient, issue.path, issue.keys);
  }
  return parseWritten(schema, lenient);
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
