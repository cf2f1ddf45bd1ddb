/**
 * The template language of definitions (SPEC 3): text with `{{root.name}}` in it. Nothing else: no
 * conditions, no calls, no way to reach what is not in the scope.
 */

/** Roots whose values nest (`params.a.b`); a `.` separates. */
const NESTED = new Set(['params', 'settings']);
/** Roots whose values are flat; everything after the first `.` is one name (`cookie.ASP.NET_SessionId`). */
const FLAT = new Set(['credentials', 'cookie', 'page']);
/** Roots with one name only. */
const SINGLE: Record<string, string> = { captcha: 'text', now: 'ms' };

export interface Placeholder {
  /** As written, without braces, spaces and `?`: `params.userId`. */
  name: string;
  root: string;
  path: string[];
  /** `{{params.x?}}`: may be absent. */
  optional?: true;
}

export type Part = string | Placeholder;

/** At most this many templates are kept compiled; definitions hold far fewer. A plain map: every call looks here. */
const CACHE_SIZE = 4_096;
const cache = new Map<string, Part[]>();

/** Splits a template into literals and placeholders. A malformed placeholder stays as literal text. */
export function compile(template: string): Part[] {
  const known = cache.get(template);
  if (known) return known;
  const { parts } = scan(template);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(template, parts);
  return parts;
}

/** Says what is wrong with a template, for the person who wrote it; `undefined` when it is sound. */
export function checkTemplate(template: string): string | undefined {
  return scan(template).problem;
}

function scan(template: string): { parts: Part[]; problem: string | undefined } {
  const parts: Part[] = [];
  let problem: string | undefined;
  let at = 0;
  for (;;) {
    const open = template.indexOf('{{', at);
    if (open < 0) break;
    const close = template.indexOf('}}', open + 2);
    if (close < 0) {
      problem ??= 'has a "{{" that is never closed';
      break;
    }
    const name = template.slice(open + 2, close).trim();
    const placeholder = parse(name);
    if (typeof placeholder === 'string') {
      problem ??= placeholder;
      parts.push(template.slice(at, close + 2));
    } else {
      if (open > at) parts.push(template.slice(at, open));
      parts.push(placeholder);
    }
    at = close + 2;
  }
  if (at < template.length) parts.push(template.slice(at));
  return { parts, problem };
}

/** A placeholder, or the text of what is wrong with it. */
function parse(name: string): Placeholder | string {
  const dot = name.indexOf('.');
  const root = dot < 0 ? name : name.slice(0, dot);
  const rest = dot < 0 ? '' : name.slice(dot + 1);
  const shown = `"{{${name.slice(0, 80)}}}"`;
  if (Object.hasOwn(SINGLE, root)) {
    const only = SINGLE[root]!;
    return rest === only ? { name, root, path: [only] } : `${shown}: only {{${root}.${only}}} is known`;
  }
  if (!NESTED.has(root) && !FLAT.has(root)) {
    const roots = [...NESTED, ...FLAT, ...Object.keys(SINGLE)].join(', ');
    return `${shown}: unknown name; it must start with one of ${roots}`;
  }
  if (rest.endsWith('?')) {
    if (root !== 'params') return `${shown}: only params may be optional`;
    const whole = parse(name.slice(0, -1));
    return typeof whole === 'string' ? whole : { ...whole, optional: true };
  }
  const path = NESTED.has(root) ? rest.split('.') : [rest];
  if (path.some((key) => !/^[^\s{}"'<>]+$/.test(key))) {
    return `${shown}: "${root}." must be followed by a name`;
  }
  return { name, root, path };
}
