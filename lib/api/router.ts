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
  };
}

/** Which of these routes a request is for; `undefined`: none. */
export type MatchRoute<Id extends string> = (method: string, path: string) => RouteMatch<Id> | undefined;

/**
 * A Lambda matches its own routes only. Paths come decoded from API Gateway: what is captured is not decoded again.
 */
export function createRouter<Id extends string>(routes: Record<Id, Route>): MatchRoute<Id> {
  const table = (Object.entries(routes) as [Id, Route][]).map(compiled);
  return (method, path) => {
    for (const { id, route, pattern, names } of table) {
      const found = route.method === 'ANY' || route.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const params = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']));
      return { id, route, params };
    }
    return undefined;
  };
}
