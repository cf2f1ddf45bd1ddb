/**
 * What a person is told of a definition that has the right shape and still cannot work: selectors and patterns that do
 * not compile, JSON Schemas that check nothing, names that are never set. Asked when a definition is written only: one
 * that is stored already keeps working as far as it did.
 */
import { compileJsonSchema } from '../calls/operation/json-schema.ts';
import { jsonSchemaFaults } from '../calls/operation/json-schema-faults.ts';
import { isExtractor } from '../definition/extractor/schema.ts';
import type { Extractor, Extractors } from '../definition/extractor/schema.ts';
import type { Predicate } from '../definition/predicate/schema.ts';
import { isSelector } from '../text/html/page.ts';
import { requestsOf } from '../platforms/definition.ts';
import type { FieldError } from '../runtime/errors.ts';
import { patternProblem } from '../text/pattern.ts';
import type { Definition } from './definition.ts';
import { bodyFaults } from './request-bodies.ts';
import { templateFaults } from './template-names.ts';

export function unusableFields(definition: Definition): FieldError[] {
  return [
    ...templateFaults(definition),
    ...bodyFaults(definition),
    ...extractorsOf(definition).flatMap(([path, extractor]) => extractorFaults(extractor, path)),
    ...predicatesOf(definition).flatMap(([path, predicate]) => patternFaults(predicate, path)),
    ...Object.entries(definition.operations).flatMap(([name, { params, extract, result }]) => [
      ...(params ? schemaFaults(params, `operations.${name}.params`) : []),
      ...(extract && result !== ''
        ? [
            {
              field: `operations.${name}.result`,
              message: 'must not stand beside extract: either says what data is',
            },
          ]
        : []),
    ]),
  ];
}

/** Every extractor of a definition, by its place. */
function extractorsOf({ auth, operations }: Definition): [path: string, extractor: Extractor][] {
  const named = (path: string, extractors: Extractors = {}): [string, Extractor][] =>
    Object.entries(extractors).map(([name, extractor]) => [`${path}.${name}`, extractor]);
  const ofOperations = Object.entries(operations).flatMap(([name, { extract, before }]) => {
    const path = `operations.${name}`;
    const own: [string, Extractor][] = !extract
      ? []
      : isExtractor(extract)
        ? [[`${path}.extract`, extract]]
        : named(`${path}.extract`, extract);
    return [...own, ...before.flatMap((step, at) => named(`${path}.before.${at}.extract`, step.extract))];
  });
  const learned = named('auth.sessionRefreshOn.extract', auth.sessionRefreshOn?.extract);
  if (auth.type !== 'SESSION' || !auth.login) return [...ofOperations, ...learned];
  const { page, extract } = auth.login;
  return [
    ...ofOperations,
    ...learned,
    ...named('auth.login.page.extract', page?.extract),
    ...named('auth.login.extract', extract),
    ...requestsOf(auth.login).flatMap(([path, step]) => named(`${path}.extract`, step.extract)),
  ];
}

function extractorFaults(extractor: Extractor, path: string): FieldError[] {
  if ('selector' in extractor) return selectorFaults(extractor.selector, `${path}.selector`);
  if ('matches' in extractor) return matchFaults(extractor.matches, `${path}.matches`);
  if ('cookie' in extractor) {
    return typeof extractor.cookie === 'string'
      ? []
      : matchFaults(extractor.cookie.matches, `${path}.cookie.matches`);
  }
  if (!('each' in extractor)) return [];
  return [
    ...selectorFaults(extractor.each, `${path}.each`),
    ...Object.entries(extractor.fields).flatMap(([name, field]) =>
      extractorFaults(field, `${path}.fields.${name}`),
    ),
  ];
}

const selectorFaults = (selector: string, field: string): FieldError[] =>
  isSelector(selector) ? [] : [{ field, message: 'is not a valid CSS selector' }];

function matchFaults(pattern: string, field: string): FieldError[] {
  const message = patternProblem(pattern);
  return message === undefined ? [] : [{ field, message }];
}

type Placed = [path: string, predicate: Predicate | undefined];

function predicatesOf({ auth, operations }: Definition): Placed[] {
  const everywhere: Placed[] = [
    ['auth.refused', 'refused' in auth ? auth.refused : undefined],
    ['auth.sessionRefreshOn.when', auth.sessionRefreshOn?.when],
    ...Object.entries(operations).flatMap(([name, operation]) => judged(`operations.${name}`, operation)),
  ];
  if (auth.type !== 'SESSION') return everywhere;
  everywhere.push(['auth.expired', auth.expired]);
  if (!auth.login) return everywhere;
  const { success, failures } = auth.login;
  return [
    ...everywhere,
    ...judged('auth.login', { success, failures }),
    ...requestsOf(auth.login).flatMap(([path, step]) => judged(path, step)),
  ];
}

const judged = (
  path: string,
  { success, failures }: { success?: Predicate | undefined; failures: readonly { when: Predicate }[] },
): Placed[] => [
  [`${path}.success`, success],
  ...failures.map(({ when }, at): Placed => [`${path}.failures.${at}.when`, when]),
];

function patternFaults(predicate: Predicate | undefined, path: string): FieldError[] {
  if (!predicate) return [];
  const { location, text, not, any = [], all = [] } = predicate;
  const own = Object.entries({ location, text }).flatMap(([name, match]) =>
    match?.matches === undefined ? [] : matchFaults(match.matches, `${path}.${name}.matches`),
  );
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
