import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const { options, ...ruleSet } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs'));

/** Names of the rules that a tree of files breaks. */
async function broken(files: Record<string, string>): Promise<string[]> {
  const baseDir = mkdtempSync(join(tmpdir(), 'imports-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(baseDir, dirname(path)), { recursive: true });
      writeFileSync(join(baseDir, path), text);
    }
    const folders = [...new Set(Object.keys(files).map((path) => path.split('/', 1)[0]!))];
    const { output } = await cruise(folders, { ...options, ruleSet, validate: true, baseDir });
    return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(baseDir, { recursive: true });
  }
}

const B = { 'lib/ledger/b.ts': 'export const b = 1;' };

test('this project holds its own directions', async () => {
  const { output } = await cruise(['lib', 'functions', 'client'], {
    ...options,
    ruleSet,
    validate: true,
    baseDir: ROOT,
  });
  const { violations, totalCruised } = (output as ICruiseResult).summary;
  expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  expect(totalCruised).toBeGreaterThan(200);
}, 60_000);

describe('a violation fails', () => {
  test('a room imports one above it, by value or by type', async () => {
    const up = { 'lib/partners/x.ts': 'export type X = 1;' };
    expect(
      await broken({
        ...up,
        'lib/ledger/a.ts': "import type { X } from '../partners/x.ts'; export type Y = X;",
      }),
    ).toEqual(['ledger-stands-on-rooms-below']);
    expect(
      await broken({ ...B, 'lib/runtime/a.ts': "import { b } from '../ledger/b.ts'; export const a = b;" }),
    ).toEqual(['runtime-stands-on-rooms-below']);
  });

  test('a room below may be imported', async () => {
    expect(
      await broken({ ...B, 'lib/partners/a.ts': "import { b } from '../ledger/b.ts'; export const a = b;" }),
    ).toEqual([]);
  });

  test('files in a circle', async () => {
    const circle = {
      'lib/ledger/a.ts': "import { b } from './b.ts'; export const a = () => b;",
      'lib/ledger/b.ts': "import { a } from './a.ts'; export const b = () => a;",
    };
    expect(new Set(await broken(circle))).toEqual(new Set(['no-circles']));
  });

  test('a room that the list does not name', async () => {
    expect(
      await broken({ ...B, 'lib/helpers/a.ts': "import { b } from '../ledger/b.ts'; export const a = b;" }),
    ).toEqual(['rooms-are-named']);
  });

  test('lib imports what stands on it', async () => {
    expect(
      await broken({
        'functions/proxy/f.ts': 'export const f = 1;',
        'lib/api/a.ts': "import { f } from '../../functions/proxy/f.ts'; export const a = f;",
      }),
    ).toEqual(['api-stands-on-rooms-below']);
  });

  test('a Lambda imports the parts of another', async () => {
    expect(
      await broken({
        'functions/wiring/w.ts': 'export const w = 1;',
        'functions/proxy/f.ts': "import { w } from '../wiring/w.ts'; export const f = w;",
        'functions/webhook/a.ts': "import { f } from '../proxy/f.ts'; export const a = f;",
      }),
    ).toEqual(['functions-do-not-share']);
  });

  test.each([
    ['@upstash/redis', 'lib/calls/a.ts'],
    ['@aws-sdk/client-dynamodb', 'lib/ledger/a.ts'],
    ['undici', 'lib/calls/a.ts'],
    ['tough-cookie', 'lib/calls/a.ts'],
  ])('%s is imported outside its one place', async (name, path) => {
    expect(
      await broken({ [path]: `import * as vendor from '${name}'; export const a = vendor;` }),
    ).toHaveLength(1);
  });

  test('lib knows of Lambda', async () => {
    expect(
      await broken({ 'lib/api/a.ts': "import middy from '@middy/core'; export const a = middy;" }),
    ).toEqual(['lambda-stays-in-functions']);
  });

  test('the client imports what is not published with it', async () => {
    const client = { 'client/a.ts': "import { b } from '../lib/ledger/b.ts'; export const a = b;" };
    expect(await broken({ ...B, ...client })).toEqual(['client-stands-alone']);
  });
});
