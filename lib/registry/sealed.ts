import { isSealed } from '../auth/strategies.ts';
import { invalid } from '../definition/stored.ts';
import type { FieldError } from '../runtime/errors.ts';
import type { Definition } from './definition.ts';

/**
 * What a service whose calls are sealed must not leave open (SPEC 6): with the partner's one key for both directions,
 * a plaintext of a caller's choice is an order to our own webhook. Asked when a definition is written only: one that
 * is stored already keeps working.
 * @throws GatewayError `VALIDATION_FAILED` naming each field.
 */
export function refuseOpenSealing({ auth, allowedPaths, operations }: Definition): void {
  if (!isSealed(auth)) return;
  const faults: FieldError[] = [];
  if (allowedPaths.length > 0) {
    faults.push({ field: 'allowedPaths', message: `must be empty: ${auth.type} has no raw proxy` });
  }
  for (const [name, { params }] of Object.entries(operations)) {
    if (params?.['type'] === 'object' && params['additionalProperties'] === false) continue;
    faults.push({
      field: `operations.${name}.params`,
      message: `must be of type "object" with "additionalProperties": false, because ${auth.type} seals what it is given`,
    });
  }
  if (faults.length > 0) throw invalid(faults);
}
