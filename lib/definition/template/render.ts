import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { ExactNumber } from '../../text/json/exact.ts';
import { compile } from './compile.ts';
import type { Placeholder } from './compile.ts';
import { DotSegments, escapeFor, reject } from './escape.ts';
import type { Escape } from './escape.ts';
import type { TemplateScope } from './scope.ts';

export { checkTemplate } from './compile.ts';
export type { Escape } from './escape.ts';

/**
 * Renders a template to text; values are escaped for where they land, the template's own text is not.
 * In a `path` template, what stands after a literal `?` is escaped as a query.
 *
 * @throws GatewayError `VALIDATION_FAILED` naming `params.x` when the caller left it out or its value cannot
 *   stand there; `CONFIGURATION_ERROR` naming any other missing or unfit value. Never the value itself.
 */
export function renderText(template: string, scope: TemplateScope, escape: Escape): string {
  const parts = compile(template);
  if (parts.length === 1 && typeof parts[0] === 'string') return parts[0];
  const segments = escape === 'path' ? new DotSegments() : undefined;
  let mode = escape;
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      if (mode === 'path' && part.includes('?')) {
        segments?.literal(part.slice(0, part.indexOf('?')));
        mode = 'query';
      } else if (mode === 'path') segments?.literal(part);
      text += part;
      continue;
    }
    const value = present(part, scope);
    const escaped = value === undefined ? '' : escapeFor(mode, textOf(part, value, mode), part);
    if (mode === 'path') segments?.value(escaped, part);
    text += escaped;
  }
  segments?.end();
  return text;
}

/**
 * Renders a template to a JSON value: exactly one placeholder keeps the type of what it names (numbers,
 * objects, `null`), anything else becomes a string. `undefined`: it is nothing but an optional param that is absent.
 * @throws as `renderText`.
 */
export function renderValue(template: string, scope: TemplateScope): unknown {
  const parts = compile(template);
  const [only] = parts;
  if (parts.length !== 1 || only === undefined || typeof only === 'string') {
    return renderText(template, scope, 'none');
  }
  const value = lookup(only, scope);
  return value === undefined && !only.optional ? missing(only) : value;
}

/** Renders the templates of fields, each as `renderValue`; fields without a value are left out. */
export function renderFields(
  templates: Record<string, string>,
  scope: TemplateScope,
): [name: string, value: unknown][] {
  return Object.entries(templates)
    .map(([name, template]): [string, unknown] => [name, renderValue(template, scope)])
    .filter(([, value]) => value !== undefined);
}

/** What a template names, each once, in order: `['params.userId', 'now.ms']`. */
export function placeholders(template: string): string[] {
  const named = compile(template).filter((part) => typeof part !== 'string');
  return [...new Set(named.map((part) => part.name))];
}

/** Which of a template's placeholders the scope cannot fill. Empty: `renderText` will not find one missing. */
export function missingNames(template: string, scope: TemplateScope): string[] {
  const absent = compile(template).filter(
    (part) => typeof part !== 'string' && !part.optional && (lookup(part, scope) ?? undefined) === undefined,
  ) as Placeholder[];
  return [...new Set(absent.map((part) => part.name))];
}

/** Own properties only: `{{params.__proto__}}` and `{{params.constructor}}` are missing, not functions. */
function lookup({ root, path }: Placeholder, scope: TemplateScope): unknown {
  let value: unknown = scope[root as keyof TemplateScope];
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** In text there is no `null`: it counts as missing. `undefined`: it may be. */
function present(part: Placeholder, scope: TemplateScope): unknown {
  const value = lookup(part, scope) ?? undefined;
  return value === undefined && !part.optional ? missing(part) : value;
}

function missing({ name, root }: Placeholder): never {
  if (root !== 'params') {
    throw new GatewayError('CONFIGURATION_ERROR', `{{${name}}} is not set.`, {
      fields: [{ field: name, message: 'is not set' }],
    });
  }
  throw invalid(name, 'is required');
}

function textOf(part: Placeholder, value: unknown, escape: Escape): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof ExactNumber) return value.source;
  if (escape === 'path' || escape === 'header') return reject(part, 'must be text, a number or true/false');
  return JSON.stringify(value) ?? reject(part, 'is not a JSON value');
}
