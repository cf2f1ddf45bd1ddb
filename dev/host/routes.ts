import type { RouteDeclaration } from './declared.ts';

export interface RouteMatch {
  route: RouteDeclaration;
  /** `GET /v1/services/{code}/batch`, `ANY /v1/admin/{path+}` */
  routeKey: string;
  /** Decoded once more than the path, as API Gateway gives them. */
  pathParameters: Record<string, string>;
}

interface CompiledRoute {
  route: RouteDeclaration;
  routeKey: string;
  segments: Segment[];
}

type Segment = { kind: 'literal'; text: string } | { kind: 'one' | 'rest'; name: string };

const ORDER = { literal: 0, one: 1, rest: 2 } as const;

/**
 * Chooses a route as an HTTP API does: the path with the most specific segments first (a literal before
 * `{one}` before `{rest+}`), then a named method before `ANY`. @param path decoded once.
 */
export function routeMatcher(
  routes: RouteDeclaration[],
): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes.map(compile).sort(bySpecificity);
  return (method, path) => {
    const parts = path.slice(1).split('/');
    for (const { route, routeKey, segments } of compiled) {
      if (route.method !== '*' && route.method !== method) continue;
      const pathParameters = match(segments, parts);
      if (pathParameters) return { route, routeKey, pathParameters };
    }
    return undefined;
  };
}

function compile(route: RouteDeclaration): CompiledRoute {
  const segments = route.path
    .slice(1)
    .split('/')
    .map((text): Segment => {
      const name = /^\{(\w+)(\+?)\}$/.exec(text);
      if (!name) return { kind: 'literal', text };
      return { kind: name[2] === '+' ? 'rest' : 'one', name: name[1] ?? '' };
    });
  return { route, routeKey: `${route.method === '*' ? 'ANY' : route.method} ${route.path}`, segments };
}

function bySpecificity(a: CompiledRoute, b: CompiledRoute): number {
  for (let at = 0; at < Math.min(a.segments.length, b.segments.length); at += 1) {
    const difference = ORDER[a.segments[at]!.kind] - ORDER[b.segments[at]!.kind];
    if (difference !== 0) return difference;
  }
  return (
    b.segments.length - a.segments.length || Number(a.route.method === '*') - Number(b.route.method === '*')
  );
}

function match(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const part = parts[at];
    if (part === undefined) return undefined;
    if (segment.kind === 'rest') {
      const rest = parts.slice(at).join('/');
      if (rest === '') return undefined;
      parameters[segment.name] = decode(rest);
      return parameters;
    }
    if (segment.kind === 'literal' ? part !== segment.text : part === '') return undefined;
    if (segment.kind === 'one') parameters[segment.name] = decode(part);
  }
  return parts.length === segments.length ? parameters : undefined;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
