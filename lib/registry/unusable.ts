/**
 * What a person is told of a definition that has the right shape and still cannot work: selectors and patterns that do
 * not compile, JSON Schemas that check nothing, names that are never set. Asked when a definition is written only: one
 * that is stored already keeps working as far as it did.
 */
import { compileJsonSchema } from '../calls/operation/json-schema.ts';
import { jsonSchemaFaults } from '../calls/operation/json-schema-faults.ts';
import type { Predicate } from '../definition/predicate/schema.ts';
import { isSelector } from '../platforms/login/page.ts';
import type { FieldError } from '../runtime/errors.ts';
import { patternProblem } from '../text/pattern.ts';
import type { Definition } from './definition.ts';
import { templateFaults } from './template-names.ts';

export function unusableFields(definition: Definition): FieldError[] {
  return [
    ...templateFaults(definition),
    ...selectorFaults(definition),
    ...predicatesOf(definition).flatMap(([path, predicate]) => patternFaults(predicate, path)),
    ...Object.entries(definition.operations).flatMap(([name, { params }]) =>
      params ? schemaFaults(params, `operations.${name}.params`) : [],
    ),
  ];
}

function selectorFaults({ auth }: Definition): FieldError[] {
  if (auth.type !== 'SESSION') return [];
  const path = 'auth.login.page.extract';
  return Object.entries(auth.login.page?.extract ?? {})
    .filter(([, { selector }]) => !isSelector(selector))
    .map(([name]) => ({ field: `${path}.${name}.selector`, message: 'is not a valid CSS selector' }));
}

type Placed = [path: string, predicate: Predicate | undefined];

function predicatesOf({ auth, operations }: Definition): Placed[] {
  const everywhere: Placed[] = [
    ['auth.refused', 'refused' in auth ? auth.refused : undefined],
    ...Object.entries(operations).map(([name, { success }]): Placed => [
      `operations.${name}.success`,
      success,
    ]),
  ];
  if (auth.type !== 'SESSION') return everywhere;
  const { success, failures } = auth.login;
  return [
    ...everywhere,
    ['auth.expired', auth.expired],
    ['auth.login.success', success],
    ...failures.map(({ when }, at): Placed => [`auth.login.failures.${at}.when`, when]),
  ];
}

function patternFaults(predicate: Predicate | undefined, path: string): FieldError[] {
  if (!predicate) return [];
  const { location, text, not, any = [], all = [] } = predicate;
  const own = Object.entries({ location, text }).flatMap(([name, match]) => {
    const message = match?.matches === undefined ? undefined : patternProblem(match.matches);
    return message === undefined ? [] : [{ field: `${path}.${name}.matches`, message }];
  });
  return [
    ...own,
    ...patternFaults(not, `${path}.not`),
    ...any.flatMap((each, at) => patternFaults(each, `${path}.any.${at}`)),
    ...all.flatMap((each, at) => patternFaults(each, `${path}.all.${at}`)),
  ];
}

function schemaFaults(schema: Parameters<typeof jsonSchemaFaults>[0], path: string): FieldError[] {
  const faults = jsonSchemaFaults(schema, path);
  if (faults.length > 0) return faults;
  try {
    compileJsonSchema(schema);
    return [];
  } catch (error) {
    return [{ field: path, message: `is not supported: ${(error as Error).message}` }];
  }
}
