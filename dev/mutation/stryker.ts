/** One run of Stryker, and what it found. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { ROOT, isUnitTest } from './rooms.ts';

export interface Run {
  name: string;
  /** Paths from the root. */
  files: string[];
  tests: string[];
}

export interface RunOptions {
  /** Mutants tested at once. Default: as many as there are processors. */
  concurrency: number | undefined;
  /** Take over what is known of mutants whose file and tests are as they were in the last run. */
  incremental: boolean;
}

export interface Mutant {
  file: string;
  /** From 1. */
  lineNumber: number;
  mutator: string;
  /** The source line that it begins in, and how that line reads with it; neither is indented. */
  line: string;
  mutated: string;
  status: 'Killed' | 'Timeout' | 'RuntimeError' | 'Survived' | 'NoCoverage';
}

const OUT = '.build/mutation';

/** @throws Error when the tests fail without any mutant. */
export async function testMutants(
  { name, files, tests }: Run,
  { concurrency, incremental }: RunOptions,
): Promise<Mutant[]> {
  process.env['GATEHOUSE_MUTATION_TESTS'] = tests.join(',');
  const report = join(OUT, `${name}.json`);
  const stryker = new Stryker({
    mutate: files,
    testRunner: 'vitest',
    // What is run while a module loads is covered by no test in particular: of unit tests, those that import the module are
    // enough; others may reach it by a route of the local host, which no import shows.
    vitest: { configFile: 'dev/mutation/vitest.config.ts', related: tests.every(isUnitTest) },
    coverageAnalysis: 'perTest',
    // Stryker would rewrite it with the API of TypeScript 5; Vitest does not need it.
    tsconfigFile: 'none.json',
    ignorePatterns: ['docs', 'bench', 'client/dist', '.build', '.local', '.serverless', '.esbuild'],
    tempDirName: join(OUT, 'sandbox'),
    cleanTempDir: 'always',
    incremental,
    incrementalFile: join(OUT, `${name}.incremental.json`),
    // On a busy machine a slow test is no endless loop.
    timeoutFactor: 3,
    reporters: ['json', 'html', process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    jsonReporter: { fileName: report },
    htmlReporter: { fileName: join(OUT, `${name}.html`) },
    logLevel: 'error' as never,
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  await stryker.runMutationTest();
  return readReport(join(ROOT, report));
}

interface Position {
  line: number;
  column: number;
}

/** What is read here of https://github.com/stryker-mutator/mutation-testing-elements/tree/master/packages/report-schema. */
interface Report {
  files: Record<
    string,
    {
      source: string;
      mutants: {
        mutatorName: string;
        replacement: string;
        status: Mutant['status'];
        location: { start: Position; end: Position };
      }[];
    }
  >;
}

function readReport(path: string): Mutant[] {
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(({ mutatorName, replacement, status, location: { start, end } }) => {
      const line = lines[start.line - 1]!;
      const rest = lines[end.line - 1]!.slice(end.column - 1);
      return {
        file,
        lineNumber: start.line,
        mutator: mutatorName,
        line: line.trim(),
        mutated: `${line.slice(0, start.column - 1)}${replacement}${rest}`.trim().replaceAll(/\s+/g, ' '),
        status,
      };
    });
  });
}
