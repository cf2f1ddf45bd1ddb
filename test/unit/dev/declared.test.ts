import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDeclared } from '../../../dev/host/declared.ts';
import { routeMatcher } from '../../../dev/host/routes.ts';
import { PUBLIC_ROUTES } from '../../../dev/template/safety.ts';
import { ROUTES } from '../../../lib/api/routes.ts';
import { names } from '../../../lib/runtime/config.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const declared = readDeclared({ stage: 'local' });
const match = routeMatcher(declared.routes);

test.each(Object.entries(ROUTES))(
  '%s reaches its function, past the authorizer unless it is public',
  (_name, route) => {
    const path = route.path.replaceAll(/\{\w+\+?\}/g, 'X');
    const found = match(route.method === 'ANY' ? 'PATCH' : route.method, path);
    expect(found?.route.functionName).toBe(route.function);
    expect(found?.route.authorizer).toBe(route.role === 'public' ? undefined : 'authorizer');
  },
);

test('D1 the public routes are the same in the route table, serverless.yml and the list of the check', () => {
  const inTable = Object.values(ROUTES)
    .filter((route) => route.role === 'public')
    .map((route) => `${route.method} ${route.path}`);
  const inFile = declared.routes
    .filter((route) => route.authorizer === undefined)
    .map((route) => `${route.method} ${route.path}`);
  expect(inTable.toSorted()).toEqual(PUBLIC_ROUTES.toSorted());
  expect(inFile.toSorted()).toEqual(PUBLIC_ROUTES.toSorted());
});

test('every function has its module, and the name by which others call it', () => {
  for (const { module } of declared.functions) expect(existsSync(join(ROOT, `${module}.ts`))).toBe(true);
  const keepalive = declared.functions.find(({ name }) => name === 'keepalive');
  expect(keepalive?.deployedName).toBe(names('local').functions.keepalive);
  expect(keepalive?.schedules).toEqual(['rate(1 minute)']);
});
