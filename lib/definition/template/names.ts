/** What `{{...}}` may begin with, and how the rest of such a name is read. Which exist where is the registry's table. */

/** Values nest (`params.a.b`); a `.` separates. */
const NESTED = ['params', 'settings', 'data'] as const;
/** Values are flat: everything after the first `.` is one name (`cookie.ASP.NET_SessionId`). */
const FLAT = ['credentials', 'cookie', 'page', 'session', 'before', 'ask', 'header'] as const;
/** Only these names are known. */
const FIXED = {
  captcha: ['text'],
  now: ['ms', 's', 'iso'],
  random: ['uuid', 'hex32'],
  request: ['method', 'path', 'query', 'body', 'sortedParams', 'timestamp'],
  error: ['code', 'message'],
} as const;
/** A name by itself. */
const BARE = ['signature'] as const;

export type Root =
  (typeof NESTED)[number] | (typeof FLAT)[number] | keyof typeof FIXED | (typeof BARE)[number];

const ROOTS: readonly string[] = [...NESTED, ...FLAT, ...Object.keys(FIXED), ...BARE];
/** What nobody promised to be there: a caller may leave it out, a page may not have it. */
const MAY_BE_OPTIONAL: readonly string[] = [
  'params',
  'settings',
  'credentials',
  'cookie',
  'page',
  'session',
  'before',
  'header',
];

export interface Name {
  /** As written, without braces, spaces and `?`: `params.userId`. */
  name: string;
  root: Root;
  path: string[];
  /** `{{params.x?}}`: may be absent. */
  optional?: true;
}

/** A name, or the text of what is wrong with it. @param shown the whole placeholder, for that text. */
export function readName(text: string, shown: string): Name | string {
  const optional = text.endsWith('?');
  const name = optional ? text.slice(0, -1) : text;
  const dot = name.indexOf('.');
  const root = dot < 0 ? name : name.slice(0, dot);
  const rest = dot < 0 ? '' : name.slice(dot + 1);
  if (!isRoot(root)) return `${shown}: unknown name; it must start with one of ${ROOTS.join(', ')}`;
  if (optional && !MAY_BE_OPTIONAL.includes(root)) {
    return `${shown}: only ${MAY_BE_OPTIONAL.join(', ')} may be optional`;
  }
  const path = pathOf(root, rest);
  if (typeof path === 'string') return `${shown}: ${path}`;
  return { name, root, path, ...(optional ? { optional } : {}) };
}

const isRoot = (root: string): root is Root => ROOTS.includes(root);

function pathOf(root: Root, rest: string): string[] | string {
  if (isOneOf(BARE, root)) return rest === '' ? [] : `only {{${root}}} is known`;
  if (root in FIXED) {
    const known: readonly string[] = FIXED[root as keyof typeof FIXED];
    const named = known.map((each) => `{{${root}.${each}}}`).join(', ');
    return known.includes(rest) ? [rest] : `only ${named} ${known.length === 1 ? 'is' : 'are'} known`;
  }
  const path = isOneOf(NESTED, root) ? rest.split('.') : [rest];
  return path.includes('') ? `"${root}." must be followed by a name` : path;
}

const isOneOf = (list: readonly string[], text: string): boolean => list.includes(text);
