/** Fields of a body: any JSON, nested, with templates in its texts. */
import { renderValue } from './render.ts';
import type { TemplateScope } from './scope.ts';

export type FieldValue = string | number | boolean | null | FieldValue[] | { [name: string]: FieldValue };

/** Renders the templates of fields; those without a value (`{{params.x?}}` alone) are left out. */
export function renderFields(
  fields: Record<string, FieldValue>,
  scope: TemplateScope,
): [name: string, value: unknown][] {
  return Object.entries(fields)
    .map(([name, field]): [string, unknown] => [name, renderField(field, scope)])
    .filter(([, value]) => value !== undefined);
}

function renderField(field: FieldValue, scope: TemplateScope): unknown {
  if (typeof field === 'string') return renderValue(field, scope);
  if (Array.isArray(field)) {
    return field.map((each) => renderField(each, scope)).filter((value) => value !== undefined);
  }
  if (typeof field === 'object' && field !== null) return Object.fromEntries(renderFields(field, scope));
  return field;
}

/** Every template in fields, by its place: `['items.0.name', '{{params.name}}']`. */
export function templatesIn(fields: Record<string, FieldValue>): [place: string, template: string][] {
  return Object.entries(fields).flatMap(([name, field]) => templatesOf(field, name));
}

function templatesOf(field: FieldValue, place: string): [place: string, template: string][] {
  if (typeof field === 'string') return [[place, field]];
  if (typeof field !== 'object' || field === null) return [];
  return Object.entries(field).flatMap(([key, value]) => templatesOf(value, `${place}.${key}`));
}
