/** Is every resource, property and reference one that CloudFormation knows? By AWS's own specification. */
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { getAtt, subNames } from './template.ts';
import type { Fault, Template } from './template.ts';

type Database = Awaited<ReturnType<typeof loadAwsServiceSpec>>;
type ResourceSpec = ReturnType<Database['all']>[number] & {
  properties: Properties;
  attributes: Record<string, unknown>;
};
type Properties = Record<string, { type: PropertyType; required?: boolean }>;
type PropertyType =
  | { type: 'array' | 'map'; element: PropertyType }
  | { type: 'ref'; reference: { $ref: string } }
  | { type: 'union'; types: PropertyType[] }
  | { type: 'string' | 'number' | 'integer' | 'boolean' | 'json' | 'date-time' | 'null' | 'tag' };

export async function checkShape(template: Template): Promise<Fault[]> {
  const database = await loadAwsServiceSpec();
  const specs = new Map<string, ResourceSpec>();
  const faults: Fault[] = [];
  for (const [id, { Type, Properties: properties }] of Object.entries(template.Resources)) {
    const [spec] = database.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (!spec) {
      faults.push({ where: id, what: `unknown resource type ${Type}` });
      continue;
    }
    specs.set(id, spec);
    faults.push(...checkProperties(database, id, properties, spec.properties));
  }
  const known = new Set([...Object.keys(template.Resources), ...Object.keys(template.Parameters)]);
  return [...faults, ...dangling(template, known, specs)];
}

function checkProperties(
  database: Database,
  where: string,
  given: Record<string, unknown>,
  specified: Properties,
): Fault[] {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(given)) {
    const spec = specified[name];
    if (spec) faults.push(...checkValue(database, `${where}.${name}`, value, spec.type));
    else faults.push({ where: `${where}.${name}`, what: 'unknown property' });
  }
  for (const [name, { required }] of Object.entries(specified)) {
    if (required && !(name in given)) faults.push({ where: `${where}.${name}`, what: 'is required' });
  }
  return faults;
}

function checkValue(database: Database, where: string, value: unknown, type: PropertyType): Fault[] {
  if (typeof value === 'object' && value !== null && isIntrinsic(value)) return [];
  switch (type.type) {
    case 'array':
      if (!Array.isArray(value)) return [{ where, what: 'is not a list' }];
      return value.flatMap((item, n) => checkValue(database, `${where}[${n}]`, item, type.element));
    case 'map':
      if (!isObject(value)) return [{ where, what: 'is not an object' }];
      return Object.entries(value).flatMap(([key, item]) =>
        checkValue(database, `${where}.${key}`, item, type.element),
      );
    case 'ref': {
      if (!isObject(value)) return [{ where, what: 'is not an object' }];
      const definition = database.get('typeDefinition', type.reference.$ref);
      return checkProperties(database, where, value, definition.properties);
    }
    case 'union': {
      // The alternative with the fewest faults is the intended one; `json` would accept everything.
      const shaped = type.types.filter((one) => 'element' in one || 'reference' in one);
      const meant = shaped.length > 0 ? shaped : type.types;
      const outcomes = meant.map((one) => checkValue(database, where, value, one));
      return outcomes.sort((a, b) => a.length - b.length)[0] ?? [];
    }
    default:
      return type.type !== 'json' && type.type !== 'tag' && typeof value === 'object'
        ? [{ where, what: `is not a ${type.type}` }]
        : [];
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isIntrinsic(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0]!.startsWith('Fn::'));
}

/** References to what is not there, or to an attribute it does not have. */
function dangling(template: Template, known: Set<string>, specs: Map<string, ResourceSpec>): Fault[] {
  const faults: Fault[] = [];
  const check = (where: string, id: string, attribute?: string) => {
    if (id.startsWith('AWS::')) return;
    const attributes = specs.get(id)?.attributes;
    if (!known.has(id)) faults.push({ where, what: `refers to ${id}, which does not exist` });
    else if (attribute && attributes && !Object.hasOwn(attributes, attribute)) {
      faults.push({ where, what: `${id} has no attribute ${attribute}` });
    }
  };
  const walk = (where: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'Ref' && typeof inner === 'string') check(where, inner);
      else if (key === 'Fn::GetAtt') check(where, ...getAtt(inner));
      else if (key === 'Fn::Sub') for (const name of subNames(inner)) check(where, ...subReference(name));
      walk(`${where}.${key}`, inner);
    }
  };
  for (const [id, resource] of Object.entries(template.Resources)) {
    walk(id, resource.Properties);
    for (const dependency of [resource.DependsOn ?? []].flat()) check(`${id}.DependsOn`, dependency);
  }
  walk('Outputs', template.Outputs);
  return faults;
}

function subReference(name: string): [id: string, attribute?: string] {
  return name.includes('.') && !name.startsWith('AWS::') ? getAtt(name) : [name];
}
