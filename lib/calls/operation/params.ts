/** A call's `params`, checked against their JSON Schema, its defaults filled in. */
import type * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { fieldErrors, invalid } from '../../runtime/field-errors.ts';
import type { CallableService, Operation } from '../definition.ts';
import { compileJsonSchema } from './json-schema.ts';

type Params = Record<string, unknown>;

/** Each is looked at several times on its way into a request: hundreds of thousands would hold up every other call. */
const MOST_PARAMS = 10_000;

/**
 * @returns params with the schema's `default`s for what was not given, neither by the caller nor by `defaultParams`.
 * @throws GatewayError `VALIDATION_FAILED` naming each param at fault.
 */
export function checkParams(
  service: CallableService,
  name: string,
  operation: Operation,
  given: Params,
): Params {
  if (Object.keys(given).length > MOST_PARAMS) {
    throw invalid('params', `must have at most ${MOST_PARAMS} members`);
  }
  const { params: schema } = operation;
  if (!schema) return given;
  const { defaultParams } = service.definition;
  const params = withDefaults(schema, given, (key) => Object.hasOwn(defaultParams, key)) as Params;
  const checked = schemaOf(service, name, operation).safeParse(params);
  if (checked.success) return params;
  const fields = fieldErrors(checked.error, '').map(({ field, message }) => ({
    field: field === '' ? 'params' : `params.${field}`,
    message,
  }));
  throw new GatewayError('VALIDATION_FAILED', `${fields[0]?.field}: ${fields[0]?.message}`, { fields });
}

const schemas = new WeakMap<Operation, z.ZodType>();

function schemaOf({ definition }: CallableService, name: string, operation: Operation): z.ZodType {
  const known = schemas.get(operation);
  if (known) return known;
  try {
    const schema = compileJsonSchema(operation.params!);
    schemas.set(operation, schema);
    return schema;
  } catch (cause) {
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `${definition.code}: operations.${name}.params is not a supported JSON Schema.`,
      { cause },
    );
  }
}

/**
 * The value with what `properties` have a `default` for, at any depth. Not zod's own: it would put the keys in the
 * schema's order, and a third party may sign or hash what it is sent.
 */
function withDefaults(schema: unknown, value: unknown, has: (key: string) => boolean = () => false): unknown {
  if (!isObject(schema) || !isObject(value) || !isObject(schema['properties'])) return value;
  const filled: Params = { ...value };
  for (const [key, property] of Object.entries(schema['properties'])) {
    if (Object.hasOwn(filled, key)) filled[key] = withDefaults(property, filled[key]);
    else if (isObject(property) && property['default'] !== undefined && !has(key)) {
      filled[key] = structuredClone(property['default']);
    }
  }
  return filled;
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
