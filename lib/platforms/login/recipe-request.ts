import { textOfTemplate } from '../../definition/template/compile.ts';
import { renderHeaders } from '../../definition/template/headers.ts';
import { renderText } from '../../definition/template/render.ts';
import { momentOf } from '../../definition/template/scope.ts';
import type { Attempt } from './attempt.ts';
import { cookiesFor } from '../cookies/collect.ts';
import { BROWSER_USER_AGENT } from '../user-agent.ts';

export const ACCEPT_PAGE = 'text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8';
export const ACCEPT_IMAGE = 'image/png,image/jpeg,image/gif,image/*;q=0.9,*/*;q=0.8';

/**
 * A recipe's path as an absolute address, and the headers that go there. Brings the time and
 * `{{cookie.x}}` up to date: some cookies are only sent below the path they guard.
 */
export async function prepare(
  attempt: Attempt,
  path: string,
  accept: string,
): Promise<{ url: string; headers: Record<string, string> }> {
  const { definition, jar, clock, scope } = attempt;
  const base = definition.baseUrl.replace(/\/+$/, '');
  scope.now = momentOf(clock.now());
  scope.cookie = await cookiesFor(jar, `${base}${textOfTemplate(path)}`);
  const url = new URL(`${base}${renderText(path, scope, 'path')}`).href;
  return { url, headers: commonHeaders(attempt, accept) };
}

/** The definition's headers, rendered; a browser's user agent where they name none. Lower-case names. */
export function commonHeaders({ definition, scope }: Attempt, accept: string): Record<string, string> {
  return {
    'user-agent': BROWSER_USER_AGENT,
    accept,
    ...renderHeaders(definition.defaultHeaders, scope),
  };
}
