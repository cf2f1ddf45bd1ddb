/**
 * `client/routes.generated.ts`: the route table as the client carries it. Paths and methods at run time, types
 * spelled out, so that the package needs neither zod nor other modules.
 */
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route, RouteId } from '../../lib/api/routes.ts';
import { createComponents, refTo } from './components.ts';
import type { Components, JsonSchema } from './components.ts';
import { declarationText, typeText } from './typescript.ts';

/** The file's whole text. */
export function clientRoutesText(): string {
  const components = createComponents();
  const routes = Object.entries(ROUTES) as [RouteId, Route][];
  const table = routes.map(([id, { method, path }]) => `  ${id}: { method: '${method}', path: '${path}' },`);
  const shapes = routes
    .filter(([, route]) => isForClients(route))
    .map(([id, route]) => `  /** ${route.summary} */\n  ${id}: ${shapeText(route, components)};`);
  const declarations = Object.entries(components.schemas).map(([name, schema]) =>
    declarationText(name, schema),
  );
  return [
    '// Generated from lib/api/routes.ts by `npm run build:openapi`; do not edit.',
    '',
    '/** Where each route is. */',
    `export const ROUTES = {\n${table.join('\n')}\n} as const;\n`,
    '/** Input and answer of each route; `answer` is `undefined` where there is no body. */',
    `export interface Routes {\n${shapes.join('\n')}\n}\n`,
    ...declarations,
  ].join('\n');
}

/** Answered with JSON or nothing, and not called by partners. */
function isForClients({ answer, function: served }: Route): boolean {
  return served !== 'webhook' && (answer?.schema !== undefined || answer?.status === 204);
}

function shapeText({ path, query, body, answer }: Route, components: Components): string {
  const names = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name!);
  const params: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names,
  };
  const used = (schema: NonNullable<typeof body>, direction: 'input' | 'output') =>
    typeText(refTo(components.use(schema, direction)));
  const members = [
    ...(names.length > 0 ? [`params: ${typeText(params, '    ')};`] : []),
    ...(query ? [`query: ${used(query, 'input')};`] : []),
    ...(body ? [`body: ${used(body, 'input')};`] : []),
    `answer: ${answer?.schema ? used(answer.schema, 'output') : 'undefined'};`,
  ];
  return `{\n${members.map((member) => `    ${member}`).join('\n')}\n  }`;
}
