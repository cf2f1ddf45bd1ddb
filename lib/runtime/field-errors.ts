import type * as z from 'zod';
import { GatewayError } from './errors.ts';
import type { FieldError } from './errors.ts';

/**
 * `VALIDATION_FAILED` for one field. `message` continues the field's name: `must not be zero`,
 * `is not a time`. Both are shown to the caller: neither contains a value.
 */
export function invalid(field: string, message: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `${field} ${message}.`, { fields: [{ field, message }] });
}

/** zod's issues as `field: message`, unknown keys each by their own name; `whole` is what no path names. */
export function fieldErrors(error: z.core.$ZodError, whole = '(document)'): FieldError[] {
  const fields = error.issues.flatMap((issue) => errorsOf(issue, [], whole));
  return fields.length > 0 ? fields : [{ field: whole, message: 'is not valid' }];
}

/** @param within where the issue's own path begins. */
function errorsOf(issue: z.core.$ZodIssue, within: PropertyKey[], whole: string): FieldError[] {
  const path = [...within, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...path, key], whole),
      message: 'is not a known field',
    }));
  }
  const meant = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
  if (meant) return meant.flatMap((inner) => errorsOf(inner, path, whole));
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  return [{ field: fieldName(path, whole), message: inner ?? messageOf(issue) }];
}

/**
 * Of all that a value may be, what it was meant to be: the one of its type that knows its keys. `undefined`: that
 * cannot be told.
 */
function meantBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter((issues) => !issues.some(isOfAnotherKind));
  const [best] = fitting.toSorted((a, b) => a.length - b.length);
  return fitting.length > 1 && best?.some(isMissing) ? undefined : best;
}

/** Of another type, with keys of something else; or, of a union within, none of its branches. */
function isOfAnotherKind(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return meantBranch(issue.errors) === undefined;
  return issue.code === 'unrecognized_keys' || issue.code === 'invalid_type';
}

const isMissing = ({ code, message }: z.core.$ZodIssue): boolean =>
  code === 'invalid_type' && /^Invalid input: .*, received undefined$/.test(message);

/** zod's issues do not hold the input: only the message says that a value is missing. */
const messageOf = (issue: z.core.$ZodIssue): string => (isMissing(issue) ? 'is required' : issue.message);

function fieldName(path: PropertyKey[], whole: string): string {
  return path.length === 0 ? whole : path.map(String).join('.');
}
