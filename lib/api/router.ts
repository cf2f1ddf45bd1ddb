import type { Route } from './routes/route.ts';

export interface RouteMatch<Id extends string = string> {
  id: Id;
  route: Route;
  params: Record<string, string>;
}

interface Compiled<Id> {
  id: Id;
  route: Route;
  pattern: RegExp;
  names: string[];
  greedy: boolean;
}

function compiled<Id extends string>([id, route]: [Id, Route]): Compiled<Id> {
  const names: string[] = [];
  const source = route.path
    .replaceAll('.', '\\.')
    .replaceAll(/\{(\w+)(\+?)\}/g, (_all, name: string, greedy: string) => {
      names.push(name);
      return greedy ? '(.*)' : '([^/]+)';
    });
  return {
    id,
    route,
    pattern: new RegExp(`^${source}$`, 's'),
    names,
    greedy: route.path.includes('+}'),
  };
}

/** Which of these routes a request is for; `undefined`: none. */
export type MatchRoute<Id extends string> = (method: string, path: string) => RouteMatch<Id> | undefined;

/**
 * A Lambda matches its own routes only. A greedy capture stays percent-encoded; others are decoded (undecodable: no
 * match).
 */
export function createRouter<Id extends string>(routes: Record<Id, Route>): MatchRoute<Id> {
  const table = (Object.entries(routes) as [Id, Route][]).map(compiled);
  return (method, path) => {
    for (const { id, route, pattern, names, greedy } of table) {
      const found = route.method === 'ANY' || route.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const params: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        const raw = found[index + 1] ?? '';
        const value = greedy && index === names.length - 1 ? raw : decode(raw);
        if (value === undefined) return undefined;
        params[name] = value;
      }
      return { id, route, params };
    }
    return undefined;
  };
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
