/** Which code is mutated, and which tests have to notice. */
import { existsSync, globSync } from 'node:fs';
import { join, sep } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Room {
  name: string;
  /** Globs of the files to mutate; `!` excludes. */
  mutate: string[];
  /** Globs of the tests that run, in this order: what fails fast comes first. `!` excludes. */
  tests: string[];
}

export const ROOMS: Room[] = [
  {
    name: 'dynamodb',
    mutate: ['lib/vendors/dynamodb/*.ts', 'lib/vendors/kept-alive/*.ts'],
    tests: [
      'test/unit/vendors/dynamodb/*.test.ts',
      'test/integration/vendors/dynamodb/*.test.ts',
      'test/integration/vendors/kept-alive.test.ts',
    ],
  },
  {
    name: 'redis',
    mutate: ['lib/vendors/redis/*.ts'],
    tests: ['test/integration/vendors/redis.test.ts'],
  },
  {
    name: 'urs',
    mutate: ['lib/partners/urs/*.ts'],
    tests: ['test/unit/partners/urs/*.test.ts', 'test/integration/partners/urs/*.test.ts'],
  },
  {
    name: 'partners',
    mutate: ['lib/partners/*.ts'],
    tests: ['test/unit/partners/*.test.ts', 'test/integration/partners/*.test.ts'],
  },
  {
    name: 'idempotency',
    mutate: ['lib/calls/idempotency/*.ts'],
    tests: ['test/unit/calls/idempotency/*.test.ts', 'test/integration/calls/idempotency.test.ts'],
  },
  {
    name: 'ledger',
    mutate: ['lib/ledger/*.ts'],
    // The posts of kill.test.ts are made by other processes, where no mutant is active; bank.test.ts is a matter of load.
    tests: [
      'test/unit/ledger/*.test.ts',
      'test/integration/ledger/*.test.ts',
      '!test/integration/ledger/{bank,kill}.test.ts',
    ],
  },
  {
    name: 'session',
    mutate: ['lib/platforms/session/*.ts'],
    tests: [
      'test/unit/platforms/session/*.test.ts',
      'test/integration/platforms/session/*.test.ts',
      // Likewise other processes.
      '!test/integration/platforms/session/one-login.test.ts',
    ],
  },
];

/** The room's files, as paths from the root. */
export const filesOf = ({ mutate }: Room): string[] => matching(mutate);

/** The room's test files, in the order of its list. */
export const testsOf = ({ tests }: Room): string[] => matching(tests);

/** What CI mutates of a room: the files that have a unit test in the same place, and nothing but that test. */
export function quickSliceOf(room: Room): { files: string[]; tests: string[] } {
  const files = filesOf(room).filter((file) => existsSync(join(ROOT, unitTestOf(file))));
  return { files, tests: files.map(unitTestOf) };
}

/** `lib/ledger/decimal.ts`: `test/unit/ledger/decimal.test.ts`. */
const unitTestOf = (file: string) => file.replace(/^lib/, 'test/unit').replace(/\.ts$/, '.test.ts');

function matching(globs: string[]): string[] {
  const exclude = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  const excluded = new Set(exclude.flatMap((glob) => globSync(glob, { cwd: ROOT })));
  return globs
    .filter((glob) => !glob.startsWith('!'))
    .flatMap((glob) => globSync(glob, { cwd: ROOT }).sort())
    .filter((path) => !excluded.has(path))
    .map((path) => path.split(sep).join('/'));
}
