import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { ExactNumber } from '../../text/json/exact.ts';
import { compile } from './compile.ts';
import type { Argument, FilterCall, Placeholder } from './compile.ts';
import { DotSegments, escapeFor, reject } from './escape.ts';
import type { Escape } from './escape.ts';
import { applyFilter } from './filters/apply.ts';
import { Bytes, FilterFault } from './filters/filter.ts';
import type { Name } from './names.ts';
import { momentOf } from './scope.ts';
import type { Source, TemplateScope } from './scope.ts';

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
 * objects, `null`), anything else becomes a string. `undefined`: it is nothing but an optional value that is absent.
 * @throws as `renderText`.
 */
export function renderValue(template: string, scope: TemplateScope): unknown {
  const parts = compile(template);
  const [only] = parts;
  if (parts.length !== 1 || only === undefined || typeof only === 'string') {
    return renderText(template, scope, 'none');
  }
  const value = evaluate(only, scope);
  return value === undefined && !only.optional ? missing(only) : value;
}

/** Which of a template's placeholders the scope cannot fill. Empty: `renderText` will not find one missing. */
export function missingNames(template: string, scope: TemplateScope): string[] {
  const absent = compile(template).flatMap((part) =>
    typeof part === 'string' ? [] : namesNeeded(part).filter((name) => isAbsent(lookup(name, scope))),
  );
  return [...new Set(absent.map(({ name }) => name))];
}

/** The value itself unless it may be absent, and the arguments of its filters. */
function namesNeeded(part: Placeholder): Name[] {
  const hasDefault = part.filters.some(({ filter }) => filter === 'default');
  return [...(part.optional || hasDefault ? [] : [part]), ...part.filters.flatMap(namedArguments)];
}

const namedArguments = ({ args }: FilterCall): Name[] => args.filter((arg) => typeof arg !== 'string');

/** What a template names, arguments of filters too, each once, in order: `['params.userId', 'now.ms']`. */
export function placeholders(template: string): string[] {
  return [...new Set(namesIn(template).map(({ name }) => name))];
}

export function namesIn(template: string): Name[] {
  return compile(template).flatMap((part) =>
    typeof part === 'string' ? [] : [part, ...part.filters.flatMap(namedArguments)],
  );
}

/** The filters of a template, each once. */
export function filtersIn(template: string): string[] {
  const calls = compile(template).flatMap((part) => (typeof part === 'string' ? [] : part.filters));
  return [...new Set(calls.map(({ filter }) => filter))];
}

/** Own properties only: `{{params.__proto__}}` and `{{params.constructor}}` are missing, not functions. */
function lookup({ root, path }: Name, scope: TemplateScope): unknown {
  let value: unknown = scope[root];
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** What a placeholder names, through its filters. `undefined`: it is absent, and nothing stands in for it. */
function evaluate(part: Placeholder, scope: TemplateScope): unknown {
  const value = lookup(part, scope);
  if (part.filters.length === 0) return value;
  const standIn = part.filters.findIndex(({ filter }) => filter === 'default');
  if (isAbsent(value) && standIn < 0) return undefined;
  const filters = isAbsent(value) ? part.filters.slice(standIn) : part.filters;
  const filtered = filters.reduce<unknown>((piped, call) => filteredBy(part, piped, call, scope), value);
  const made = filtered instanceof Bytes ? String(filtered) : filtered;
  scope.derived?.add(String(made), sourcesOf(part, scope));
  return made;
}

function filteredBy(
  part: Placeholder,
  value: unknown,
  { filter, args }: FilterCall,
  scope: TemplateScope,
): unknown {
  const texts = args.map((arg) => argumentText(arg, scope));
  const text = () => (value instanceof Bytes ? String(value) : textOf(part, value, 'none'));
  try {
    return applyFilter(filter, value, texts, { text, now: scope.now ?? momentOf(0) });
  } catch (error) {
    if (error instanceof FilterFault) reject(part, error.message);
    throw error;
  }
}

function argumentText(arg: Argument, scope: TemplateScope): string {
  if (typeof arg === 'string') return arg;
  const value = lookup(arg, scope);
  if (!isAbsent(value)) return textOf(arg, value, 'none');
  return arg.optional ? '' : missing(arg);
}

const sourcesOf = (part: Placeholder, scope: TemplateScope): Source[] =>
  [part, ...part.filters.flatMap(namedArguments)].map((name) => ({
    root: name.root,
    name: name.path.join('.'),
    value: lookup(name, scope),
  }));

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** In text there is no `null`: it counts as missing. `undefined`: it may be. */
function present(part: Placeholder, scope: TemplateScope): unknown {
  const value = evaluate(part, scope) ?? undefined;
  return value === undefined && !part.optional ? missing(part) : value;
}

function missing({ name, root }: Name): never {
  if (root !== 'params') {
    throw new GatewayError('CONFIGURATION_ERROR', `{{${name}}} is not set.`, {
      fields: [{ field: name, message: 'is not set' }],
    });
  }
  throw invalid(name, 'is required');
}

function textOf(part: Name, value: unknown, escape: Escape): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof ExactNumber) return value.source;
  if (escape === 'path' || escape === 'header') return reject(part, 'must be text, a number or true/false');
  return JSON.stringify(value) ?? reject(part, 'is not a JSON value');
}
