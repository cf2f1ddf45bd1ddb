/** HTTP requests that the typed client does not cover: management, users, money. */
import type { DemoStack } from './stack.ts';

export interface ApiAnswer<T> {
  status: number;
  body: T;
}

export async function ask<T = unknown>(
  { url, adminKey }: DemoStack,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiAnswer<T>> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

/** @throws Error with the problem's own words */
export async function done<T = unknown>(
  stack: DemoStack,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await ask<T>(stack, method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

/** Registers a definition with its credentials. */
export async function register(
  stack: DemoStack,
  definition: { code: string },
  credentials: Record<string, string>,
): Promise<void> {
  const path = `/v1/admin/services/${definition.code}`;
  await done(stack, 'PUT', path, definition);
  await done(stack, 'PUT', `${path}/credentials`, credentials);
}
