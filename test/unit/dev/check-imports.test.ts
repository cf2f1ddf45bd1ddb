import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkImports, importsOf, readSources } from '../../../dev/check-imports.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const file = (path: string, text: string) => ({ path, text });

test('this project holds its own directions', () => {
  const sources = readSources(ROOT);
  expect(sources.length).toBeGreaterThan(50);
  expect(checkImports(sources)).toEqual([]);
});

test('imports are found in all their forms, and not in comments or strings', () => {
  const text = `
    import { a } from './a.ts';
    import type { B } from "./b.ts";
    import {
      c,
      d,
    } from './c.ts';
    import './e.ts';
    export * from './f.ts';
    export { g } from './g.ts';
    export type { H } from './h.ts';
    // import { no } from './no.ts';
    /** import { no } from './no.ts'; */
    const i = await import('./i.ts');
    const said = "one from './no.ts'";
  `;
  expect(
    importsOf(text).map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier)),
  ).toEqual(['./a.ts', 'type ./b.ts', './c.ts', './e.ts', './f.ts', './g.ts', 'type ./h.ts', './i.ts']);
});

describe('a violation fails', () => {
  const VIOLATIONS: [string, [string, string][], RegExp][] = [
    [
      'lib imports functions',
      [['lib/calls/log/a.ts', `import '../../functions/proxy/proxy.ts';`]],
      /stands on it/,
    ],
    [
      'lib imports dev',
      [['lib/calls/log/a.ts', `import { x } from '../../dev/local.ts';`]],
      /stands on lib alone/,
    ],
    [
      'functions import dev',
      [['functions/proxy/a.ts', `import '../../dev/local.ts';`]],
      /stands on lib alone/,
    ],
    [
      'a vendor room imports a capability',
      [['lib/vendors/redis/a.ts', `import '../session/sessions.ts';`]],
      /vendor room/,
    ],
    [
      'errors import a capability',
      [['lib/errors/a.ts', `import type { C } from '../calls/c.ts';`]],
      /foundation/,
    ],
    [
      'a capability imports middy',
      [['lib/calls/log/a.ts', `import middy from '@middy/core';`]],
      /know of Lambda/,
    ],
    [
      'a capability imports aws-lambda',
      [['lib/calls/log/a.ts', `import type { C } from 'aws-lambda';`]],
      /of Lambda/,
    ],
    [
      'an SDK out of its room',
      [['lib/calls/log/a.ts', `import { Redis } from '@upstash/redis';`]],
      /only lib\/redis/,
    ],
    [
      'an SDK in a function',
      [['functions/a.ts', `import x from '@aws-sdk/lib-dynamodb';`]],
      /only lib\/dynamodb/,
    ],
    [
      'undici by a deep path',
      [['lib/platforms/login/a.ts', `import P from 'undici/lib/dispatcher/pool.js';`]],
      /lib\/http/,
    ],
    ['the environment', [['lib/calls/log/a.ts', `const s = process.env.STAGE;`]], /process\.env/],
    [
      'the environment, otherwise',
      [['functions/a.ts', `import { env } from 'node:process';`]],
      /process\.env/,
    ],
    [
      'the client imports lib',
      [['client/a.ts', `import { E } from '../lib/runtime/errors.ts';`]],
      /but types/,
    ],
    [
      'a cycle between three rooms',
      [
        ['lib/a/a.ts', `import '../b/b.ts';`],
        ['lib/b/b.ts', `import '../c/c.ts';`],
        ['lib/c/c.ts', `import '../a/a.ts';`],
      ],
      /cycle: lib\/a → lib\/b → lib\/c → lib\/a/,
    ],
  ];
  test.each(VIOLATIONS)('%s', (_name, files, expected) => {
    const faults = checkImports(files.map(([path, text]) => file(path, text)));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  test('what is allowed passes', () => {
    const files = [
      file('functions/proxy/handler.ts', `import middy from '@middy/core'; import '../../lib/calls/a.ts';`),
      file(
        'lib/calls/log/a.ts',
        `import '../dynamodb/documents.ts'; import type { S } from '../session/s.ts';`,
      ),
      file('lib/platforms/session/s.ts', `import '../calls/a.ts'; import '../config/index.ts';`),
      file('lib/runtime/config.ts', `export const stage = process.env.STAGE;`),
      file(
        'lib/vendors/redis/redis.ts',
        `import { Redis } from '@upstash/redis'; import '../errors/index.ts';`,
      ),
      file('client/index.ts', `import type { ErrorCode } from '../lib/runtime/errors.ts';`),
    ];
    expect(checkImports(files)).toEqual([]);
  });
});
