import { ROUTES } from './routes.ts';
import type { Route, RouteId } from './routes.ts';

export interface RouteMatch {
  id: RouteId;
  route: Route;
  params: Record<string, string>;
}

interface Compiled {
  id: RouteId;
  route: Route;
  pattern: RegExp;
  names: string[];
  greedy: boolean;
}

const COMPILED: Compiled[] = Object.entries(ROUTES).map(([id, route]) => {
  const names: string[] = [];
  const source = route.path
    .replaceAll('.', '\\.')
    .replaceAll(/\{(\w+)(\+?)\}/g, (_all, name: string, greedy: string) => {
      names.push(name);
      return greedy ? '(.*)' : '([^/]+)';
    });
  return {
    id: id as RouteId,
    route,
    pattern: new RegExp(`^${source}$`, 's'),
    names,
    greedy: route.path.includes('+}'),
  };
});

/**
 * Which route a request is for. A greedy capture stays percent-encoded; others are decoded (undecodable:
 * no match).
 */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  for (const { id, route, pattern, names, greedy } of COMPILED) {
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
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
