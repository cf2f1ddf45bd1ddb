/** Requests after the login that a page's script made, grouped: each group is an operation. */
import type { Entry } from './har-entries.ts';
import { isData } from './names.ts';
import { jsonOf } from './sources.ts';

export interface RequestGroup {
  method: string;
  /** Segments of the path; `undefined`: it differs, or is an id. */
  segments: (string | undefined)[];
  /** A field that says what is done: `action=heartbeat`. */
  action: { field: string; value: string } | undefined;
  entries: Entry[];
}

/** A file that does not change with who is asking. */
const STATIC_PATH =
  /\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|eot|otf|mp[34]|webm|wasm|webmanifest)$/i;
const STATIC_TYPE = /^(?:image|font|audio|video)\/|javascript|^text\/css$|wasm|manifest/;
const STATIC_RESOURCE =
  /^(?:script|stylesheet|image|font|media|manifest|preflight|ping|websocket|texttrack|beacon|csp-?report|eventsource)$/i;

export const isStatic = ({ method, url, type, resource, status }: Entry): boolean =>
  method === 'OPTIONS' ||
  method === 'CONNECT' ||
  status < 100 ||
  STATIC_PATH.test(url.pathname) ||
  STATIC_TYPE.test(type) ||
  STATIC_RESOURCE.test(resource ?? '');

export const isLogout = ({ url }: Entry): boolean => /(?:log|sign)[-_]?(?:out|off)/i.test(url.pathname);

const METHODS = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE)$/;

/** Made by a script, or a form that was sent. */
export function isCall(entry: Entry): boolean {
  const { method, resource, requestHeaders, status, type } = entry;
  if (!METHODS.test(method) || isStatic(entry)) return false;
  if (status === 401 || status === 403) return false;
  if (method !== 'GET' && method !== 'HEAD') return true;
  const isScripted =
    /^(?:xhr|fetch)$/.test(resource ?? '') || requestHeaders['x-requested-with'] === 'XMLHttpRequest';
  return jsonOf(entry) !== undefined || /json/.test(type) || (isScripted && !/html/.test(type));
}

/** @param isKnown whether an answer had this text as a value: it is no name. */
export function groupsOf(entries: readonly Entry[], isKnown: (text: string) => boolean): RequestGroup[] {
  const groups = new Map<string, RequestGroup>();
  for (const entry of entries) {
    const segments = entry.url.pathname
      .replace(/;[^/]*/g, '')
      .split('/')
      .slice(1)
      .map((segment, at) => (isId(segment) || (at > 0 && isKnown(segment)) ? undefined : segment));
    const action = actionOf(entry);
    const key = JSON.stringify([entry.method, segments, action]);
    const group = groups.get(key) ?? { method: entry.method, segments, action, entries: [] };
    group.entries.push(entry);
    groups.set(key, group);
  }
  return merged([...groups.values()]);
}

/** `v2` and `oauth2` are names. A trailing slash is none. */
function isId(segment: string): boolean {
  if (segment === '') return false;
  return isData(segment) || (segment.match(/\d/g) ?? []).length >= 2 || segment.includes('{');
}

const ACTION_FIELD = /^(?:action|method|cmd|op|do|act|route)$/i;

/** One address for everything: WordPress, ThinkPHP, old PHP. */
export function actionOf({ url, fields }: Pick<Entry, 'url' | 'fields'>): RequestGroup['action'] {
  const found = [...url.searchParams, ...fields].find(
    ([field, value]) => ACTION_FIELD.test(field) && /^[A-Za-z][A-Za-z_./-]{1,40}$/.test(value),
  );
  return found && { field: found[0], value: found[1] };
}

/** Groups that differ in their last segment only, and are answered alike, are one: the segment varies. */
function merged(groups: RequestGroup[]): RequestGroup[] {
  const result: RequestGroup[] = [];
  for (const group of groups) {
    const alike = result.find((other) => isAlike(other, group));
    if (!alike) result.push(group);
    else {
      alike.segments = [...alike.segments.slice(0, -1), undefined];
      alike.entries.push(...group.entries);
    }
  }
  return result;
}

function isAlike(a: RequestGroup, b: RequestGroup): boolean {
  if (a.method !== b.method || a.segments.length !== b.segments.length || a.segments.length < 3) return false;
  if (JSON.stringify(a.action) !== JSON.stringify(b.action)) return false;
  const last = a.segments.length - 1;
  if (JSON.stringify(a.segments.slice(0, last)) !== JSON.stringify(b.segments.slice(0, last))) return false;
  const shape = shapeOf(jsonOf(a.entries[0]!), 0);
  return shape.length > 60 && !shape.includes('[]') && shape === shapeOf(jsonOf(b.entries[0]!), 0);
}

/** Names and types, four levels deep. */
function shapeOf(value: unknown, depth: number): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth + 1)}]`;
  if (typeof value !== 'object' || value === null) return typeof value;
  if (depth > 4) return '{}';
  const members = Object.entries(value).map(([name, member]) => `${name}:${shapeOf(member, depth + 1)}`);
  return `{${members.sort().join()}}`;
}
