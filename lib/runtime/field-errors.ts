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
  const fields = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: fieldName([...issue.path, key], whole),
        message: 'is not a known field',
      }));
    }
    const own = { field: fieldName(issue.path, whole), message: messageOf(issue) };
    if (issue.code !== 'invalid_key' && issue.code !== 'invalid_union') return [own];
    const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
    return [{ ...own, message: inner ?? own.message }];
  });
  return fields.length > 0 ? fields : [{ field: whole, message: 'is not valid' }];
}

/** zod's issues do not hold the input: only the message says that a value is missing. */
function messageOf({ code, message }: z.core.$ZodIssue): string {
  const missing = code === 'invalid_type' && /^Invalid input: .*, received undefined$/.test(message);
  return missing ? 'is required' : message;
}

function fieldName(path: PropertyKey[], whole: string): string {
  return path.length === 0 ? whole : path.map(String).join('.');
}
