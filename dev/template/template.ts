import * as z from 'zod';

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
export type Resource = z.output<typeof Resource>;

export const Template = z.looseObject({
  Parameters: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), Resource),
  Outputs: z.record(z.string(), z.unknown()).default({}),
});
/** A CloudFormation template, as far as its checks look into it. */
export type Template = z.output<typeof Template>;

export interface Fault {
  /** Logical id, and a path into its properties where there is one. */
  where: string;
  what: string;
}

/** Resources of a type, with their logical ids. */
export function ofType(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** `{Ref}` or the resource of `{Fn::GetAtt}`: the logical id a value stands for. */
export function referenced(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('Ref' in value) return String(value.Ref);
  if ('Fn::GetAtt' in value) return getAtt(value['Fn::GetAtt'])[0];
  return undefined;
}

/** `['Table', 'Arn']` from either spelling. */
export function getAtt(value: unknown): [id: string, attribute: string] {
  const [id = '', ...attribute] = Array.isArray(value) ? value.map(String) : String(value).split('.');
  return [id, attribute.join('.')];
}

/** `${X}` and `${X.Arn}` of a `Fn::Sub` that it does not define itself. */
export function subNames(value: unknown): string[] {
  const [text, own] = Array.isArray(value) ? (value as unknown[]) : [value, {}];
  return [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !Object.hasOwn(own as object, name));
}

/** Every string in a value, with `Fn::Join` and `Fn::Sub` spelled out as far as they are literal. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Fn::Sub' in value) {
    const sub = value['Fn::Sub'];
    return String(Array.isArray(sub) ? (sub as unknown[])[0] : sub);
  }
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(asText).join(separator);
  }
  return `{${JSON.stringify(value)}}`;
}

/** One thing or a list of things. */
export function asList(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Looks along keys; `undefined` where the way ends. */
export function at(value: unknown, ...keys: string[]): unknown {
  let here = value;
  for (const key of keys) {
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[key] : undefined;
  }
  return here;
}
