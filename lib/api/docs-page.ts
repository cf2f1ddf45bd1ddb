import type * as z from 'zod';
import { ROLES } from '../access/roles.ts';
import { DOCS_STYLE } from './docs-style.ts';
import { curlOf } from './examples.ts';
import { statusesOf } from './openapi.ts';
import { PROBLEMS } from './problem.ts';
import { REQUEST_HEADERS, RESPONSE_HEADERS, takesIdempotencyKey } from './route-outcomes.ts';
import { ROUTES } from './routes.ts';
import type { Route, RouteId } from './routes.ts';
import { schemaOf } from './schema-document.ts';
import { schemaText } from './schema-text.ts';

/** The readable page of the API: no script, no font, nothing from elsewhere. */
export function docsPage(version: string): string {
  const groups = [...Map.groupBy(Object.entries(ROUTES) as [RouteId, Route][], ([, { tag }]) => tag)];
  const sections = groups.map(
    ([tag, routes]) =>
      `<h2 id="${tag}">${tag}</h2>${routes.map(([id, route]) => routeSection(id, route)).join('\n')}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse API</title>
<style>${DOCS_STYLE}</style></head><body>
<h1>Gatehouse API</h1>
<p>Version ${version}. For machines: <a href="/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${contents(groups)}
<h2 id="basics">Basics</h2>
<p>Send <code>Authorization: Bearer gh_...</code>. Each route names its least role: ${ROLES.map((role) => `<code>${role}</code>`).join(' &lt; ')}; a <code>viewer</code> reads, but does not call third parties.
The examples use two variables:</p>
<pre class="wrap">export GH=http://127.0.0.1:3000 KEY=gh_...</pre>
<p>Types are written as the JSON with types in place of values; <code>?</code> marks what may be left out.</p>
${sections.join('\n')}
<h2 id="headers">Headers</h2>
${table(['header', 'in', 'meaning', 'example'], [...headerRows(REQUEST_HEADERS, 'request'), ...headerRows(RESPONSE_HEADERS, 'answer')])}
<h2 id="errors">Errors</h2>
<p>Every error is an RFC 9457 problem, <code>application/problem+json</code>: <code>type, title, status, code, detail, requestId, retryable, errors?, upstream?</code>. Webhooks answer their senders in their own shape: <code>success, code, error</code>.</p>
${table(
  ['code', 'status', 'meaning'],
  Object.entries(PROBLEMS).map(([code, { status, title }]) => [
    `<code>${code}</code>`,
    String(status),
    escapeHtml(title),
  ]),
)}
</body></html>`;
}

function contents(groups: [string, [RouteId, Route][]][]): string {
  const entries = groups.map(([tag, routes]) => {
    const links = routes.map(([id]) => `<a href="#${id}">${id}</a>`);
    return `<li><a href="#${tag}"><b>${tag}</b></a>: ${links.join(', ')}</li>`;
  });
  return `<nav aria-label="Contents"><ul><li><a href="#basics"><b>Basics</b></a></li>${entries.join('')}<li><a href="#headers"><b>Headers</b></a></li><li><a href="#errors"><b>Errors</b></a></li></ul></nav>`;
}

/** The anchor is inside: a browser that is sent there opens the section by itself. */
function routeSection(id: RouteId, route: Route): string {
  const { method, path, summary, role, body, query, answer } = route;
  const parts = [
    `<h4>Example</h4><pre class="wrap">${escapeHtml(curlOf(id, route))}</pre>`,
    typePart('Query', query),
    id === 'rawProxy'
      ? '<h4>Body</h4><p>Anything, binary too: method, path, query, body and status pass through unchanged.</p>'
      : typePart('Body', body),
    takesIdempotencyKey(route)
      ? `<h4>Headers</h4><p>Takes <code>Idempotency-Key</code>; the answer tells of <a href="#headers">session, quota and timing</a>.</p>`
      : '',
    answerPart(answer),
    refusalPart(id, route),
  ];
  return `<details><summary><span class="role">${role}</span><b class="method">${method}</b> <code>${breakable(path)}</code><span class="says">${prose(summary)}</span></summary><div id="${id}">${parts.join('')}</div></details>`;
}

function typePart(title: string, schema: z.ZodType | undefined): string {
  return schema ? `<h4>${title}</h4><pre>${prose(schemaText(schemaOf(schema)))}</pre>` : '';
}

function answerPart(answer: Route['answer']): string {
  if (!answer) return '<h4>Answer</h4><p>What the third party answers, whatever its status.</p>';
  const title = `Answer ${answer.status}`;
  if (answer.schema) return typePart(title, answer.schema);
  return `<h4>${title}</h4><p>${answer.contentType ? `<code>${answer.contentType}</code>` : 'Without a body.'}</p>`;
}

function refusalPart(id: RouteId, route: Route): string {
  const rows = [...statusesOf(id, route)].map(
    ([status, codes]) => `<li>${status} ${codes.map((code) => `<code>${code}</code>`).join(', ')}</li>`,
  );
  return rows.length === 0 ? '' : `<h4>Refusals</h4><ul class="refusals">${rows.join('')}</ul>`;
}

function headerRows(
  headers: Record<string, { name: string; description: string; example: string }>,
  where: string,
): string[][] {
  return Object.values(headers).map(({ name, description, example }) => [
    `<code>${name}</code>`,
    where,
    prose(description),
    `<code>${escapeHtml(example)}</code>`,
  ]);
}

function table(heads: string[], rows: string[][]): string {
  const cells = rows.map(
    (row) => `<tr>${row.map((cell, index) => `<td data-head="${heads[index]}">${cell}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`;
}

/** Text with `code` between backticks, as summaries are written. */
function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** A path that may be broken behind each slash, where a telephone is narrow. */
function breakable(path: string): string {
  return escapeHtml(path).replaceAll(/(?<=.)\//g, '/<wbr>');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
