import * as z from 'zod';
import { ROLES } from '../access/roles.ts';
import { PROBLEMS } from './problem.ts';
import { ROUTES } from './routes.ts';
import type { Route } from './routes.ts';
import { Problem } from './schemas.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 of everything in the route table, from the very schemas that handlers parse with. */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  const components: Json = { Problem: schemaOf(Problem) };
  for (const [operationId, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replace('+}', '}');
    const methods =
      route.method === 'ANY' ? ['get', 'post', 'put', 'patch', 'delete'] : [route.method.toLowerCase()];
    for (const method of methods) {
      paths[path] ??= {};
      paths[path][method] = describe(
        methods.length > 1 ? `${operationId}_${method}` : operationId,
        route,
        components,
      );
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version,
      description: 'One clean, safe HTTP API in front of third-party systems that are awkward to use.',
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key: gh_...' } },
      schemas: components,
    },
  };
}

function describe(operationId: string, route: Route, components: Json): Json {
  const { answer, body, query, summary, tag, role } = route;
  const success = String(answer?.status ?? 200);
  return {
    operationId,
    summary,
    tags: [tag],
    description: role === 'public' ? 'Public.' : `Least role: \`${role}\`.`,
    'x-least-role': role,
    ...(role === 'public' ? { security: [] } : {}),
    parameters: [...pathParameters(route.path), ...queryParameters(query)],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: componentOf(body, components) } },
          },
        }
      : {}),
    responses: {
      [success]: {
        description: answer ? 'Done' : "The third party's answer",
        ...(answer?.schema
          ? { content: { 'application/json': { schema: componentOf(answer.schema, components) } } }
          : answer?.contentType
            ? { content: { [answer.contentType]: {} } }
            : {}),
      },
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\+?\}/g)].map((found) => ({
    name: found[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as Json;
  return rest;
}

/** zod points at `#/$defs/...` of a schema's own root; inside this document they live under `components`. */
function componentOf(schema: z.ZodType, components: Json): Json {
  const { $defs = {}, ...root } = schemaOf(schema) as { $defs?: Json };
  const relinked = (part: unknown) =>
    JSON.parse(JSON.stringify(part).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
  Object.assign(components, relinked($defs));
  return relinked(root);
}

/** The readable page: no script, no font, nothing from elsewhere. */
export function docsPage(version: string): string {
  const tags = new Map<string, [string, Route][]>();
  for (const entry of Object.entries(ROUTES) as [string, Route][]) {
    tags.set(entry[1].tag, [...(tags.get(entry[1].tag) ?? []), entry]);
  }
  const sections = [...tags].map(
    ([tag, routes]) => `<h2>${tag}</h2>${routes.map(([id, route]) => routeSection(id, route)).join('')}`,
  );
  const codes = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) =>
      `<tr><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse API</title>
<style>
body{font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem;color:#1c2430;background:#fff}
h1{margin:0 0 .25rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid #d8dde5}
details{border:1px solid #d8dde5;border-radius:6px;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer;overflow-wrap:anywhere}summary b{display:inline-block;min-width:4.2rem}
.role{float:right;font-size:.8rem;color:#5b6676;margin-left:1rem}
pre{background:#f4f6f9;padding:.75rem;overflow:auto;border-radius:6px;font-size:.85rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #e6eaf0}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#dfe5ee}pre{background:#1b212a}details,h2,td,th{border-color:#2c3542}.role{color:#94a0b2}a{color:#7db3ff}}
</style></head><body>
<h1>Gatehouse API</h1>
<p>Version ${version}. Machine-readable: <a href="/v1/openapi.json">openapi.json</a>. Send <code>Authorization: Bearer gh_...</code>.
Roles: ${ROLES.map((role) => `<code>${role}</code>`).join(', ')}.</p>
${sections.join('\n')}
<h2>Errors</h2>
<p>Every error is an RFC 9457 problem: <code>type, title, status, code, detail, requestId, retryable, errors?, upstream?</code>.</p>
<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${codes.join('')}</table>
</body></html>`;
}

function routeSection(id: string, route: Route): string {
  const { method, path, summary, role, body, query, answer } = route;
  const schemas: [string, z.ZodType | undefined][] = [
    ['Query', query],
    ['Body', body],
    ['Answer', answer?.schema],
  ];
  const shown = schemas
    .filter(([, schema]) => schema !== undefined)
    .map(
      ([title, schema]) =>
        `<h4>${title}</h4><pre>${escapeHtml(JSON.stringify(schemaOf(schema!), null, 2))}</pre>`,
    );
  return `<details id="${id}"><summary><span class="role">${role}</span><b>${method}</b> <code>${escapeHtml(path)}</code><br>${escapeHtml(summary)}</summary>${shown.join('') || '<p>No body.</p>'}</details>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
