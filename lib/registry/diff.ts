import { deepEqual } from '../text/json/value.ts';

/** One thing that differs between two definitions. `before` absent: added; `after` absent: removed. */
export interface Difference {
  /** `operations.getUserInfo.path` */
  path: string;
  before?: unknown;
  after?: unknown;
}

/**
 * What changes from one JSON document to another, leaf by leaf, in the order a reader of `after` meets them.
 * Lists of different length, and lists of plain values, are shown whole.
 */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (deepEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...Object.keys(after), ...Object.keys(before).filter((key) => !Object.hasOwn(after, key))];
    return keys.flatMap((key) => differences(own(before, key), own(after, key), join(path, key)));
  }
  if (
    Array.isArray(before) &&
    Array.isArray(after) &&
    before.length === after.length &&
    before.every(isObject)
  ) {
    return before.flatMap((each, index) => differences(each, after[index], join(path, String(index))));
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** `~ timeoutSeconds: 30 → 20`, one line per difference; nothing in a definition is secret. */
export function formatDifferences(list: Difference[]): string {
  return list.map(formatDifference).join('\n');
}

function formatDifference({ path, before, after }: Difference): string {
  const where = path === '' ? '(document)' : path;
  if (before === undefined) return `+ ${where}: ${shown(after)}`;
  if (after === undefined) return `- ${where}: ${shown(before)}`;
  return `~ ${where}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
