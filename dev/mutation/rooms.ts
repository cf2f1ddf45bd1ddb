/** Which code is mutated, and which tests have to notice. */
import { globSync } from 'node:fs';
import { join, sep } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Room {
  name: string;
  /** Globs of the files to mutate; `!` excludes. */
  mutate: string[];
  /** Globs of the tests that run, in this order: what fails fast comes first. `!` excludes. */
  tests: string[];
  /**
   * For CI, which has some two minutes for all rooms: files that decide by themselves, where a small fault costs money or
   * an account. Each has a unit test in the same place, and is mutated against that alone.
   */
  quick: string[];
}

/** What sums and lists: its tests take a minute, and see nothing of how a transfer is posted. */
const LEDGER_READS = [
  'balances',
  'cut',
  'journal-audit',
  'journal-scan',
  'standing',
  'statement',
  'trial-balance',
].map((name) => `lib/ledger/${name}.ts`);

export const ROOMS: Room[] = [
  {
    name: 'dynamodb',
    mutate: ['lib/vendors/dynamodb/*.ts', 'lib/vendors/kept-alive/*.ts'],
    tests: [
      'test/unit/vendors/dynamodb/*.test.ts',
      'test/integration/vendors/dynamodb/*.test.ts',
      'test/integration/vendors/kept-alive.test.ts',
      'test/integration/calls/call-log-writes.test.ts',
    ],
    quick: ['lib/vendors/dynamodb/query-items.ts', 'lib/vendors/dynamodb/stored-number.ts'],
  },
  {
    name: 'redis',
    mutate: ['lib/vendors/redis/*.ts'],
    tests: ['test/unit/vendors/redis-pipeline.test.ts', 'test/integration/vendors/redis.test.ts'],
    quick: [],
  },
  {
    name: 'urs',
    mutate: ['lib/partners/urs/*.ts'],
    tests: ['test/unit/partners/urs/*.test.ts', 'test/integration/partners/urs/*.test.ts'],
    quick: ['lib/partners/urs/envelope.ts', 'lib/partners/urs/envelope-key.ts'],
  },
  {
    name: 'partners',
    mutate: ['lib/partners/*.ts'],
    tests: [
      'test/unit/partners/*.test.ts',
      'test/integration/partners/protocol.test.ts',
      'test/integration/partners/*.test.ts',
    ],
    quick: ['lib/partners/payload.ts', 'lib/partners/refusal.ts'],
  },
  {
    name: 'idempotency',
    mutate: ['lib/calls/idempotency/*.ts'],
    tests: ['test/unit/calls/idempotency/*.test.ts', 'test/integration/calls/idempotency.test.ts'],
    quick: ['lib/calls/idempotency/claim-state.ts'],
  },
  {
    name: 'ledger',
    mutate: ['lib/ledger/*.ts', ...LEDGER_READS.map((file) => `!${file}`)],
    // The posts of kill.test.ts are made by other processes, where no mutant is active; bank and soak are a matter of load.
    tests: [
      'test/unit/ledger/*.test.ts',
      'test/integration/ledger/{damage,identity,wire}.test.ts',
      'test/integration/ledger/{ledger,ghosts,audit,accept,reversal,exactly-once}.test.ts',
    ],
    quick: ['lib/ledger/decimal.ts', 'lib/ledger/keys.ts', 'lib/ledger/transfer-state.ts'],
  },
  {
    name: 'ledger-reads',
    mutate: LEDGER_READS,
    tests: [
      'test/unit/ledger/*.test.ts',
      'test/integration/ledger/{damage,ledger,ghosts,audit,statement,busy}.test.ts',
    ],
    quick: [],
  },
  {
    name: 'settlement',
    mutate: ['lib/ledger/settlement/*.ts'],
    tests: [
      'test/unit/ledger/*.test.ts',
      'test/integration/ledger/{accept,settle-one,settle-due,settle-function,settle-batch}.test.ts',
      'test/integration/ledger/{settlement,dead-letters}.test.ts',
    ],
    quick: [],
  },
  {
    name: 'session',
    mutate: ['lib/platforms/session/*.ts', 'lib/vendors/secrets/vault.ts'],
    tests: [
      'test/unit/platforms/session/*.test.ts',
      'test/unit/vendors/secrets/vault.test.ts',
      // Without a platform, and time stands still.
      'test/integration/platforms/session/{create-sessions,login-attempt,login-without-redis,operator,store}.test.ts',
      'test/integration/platforms/session/*.test.ts',
      // Likewise other processes.
      '!test/integration/platforms/session/one-login.test.ts',
    ],
    quick: ['lib/platforms/session/session-state.ts', 'lib/vendors/secrets/vault.ts'],
  },
];

/** The room's files, as paths from the root. */
export const filesOf = ({ mutate }: Room): string[] => matching(mutate);

/** The room's test files, in the order of its list. */
export const testsOf = ({ tests }: Room): string[] => matching(tests);

/** What CI mutates of a room, with its tests. */
export const quickSliceOf = ({ quick }: Room): { files: string[]; tests: string[] } => ({
  files: quick,
  tests: quick.map(unitTestOf),
});

/** `lib/ledger/decimal.ts`: `test/unit/ledger/decimal.test.ts`. */
export const unitTestOf = (file: string) => file.replace(/^lib/, 'test/unit').replace(/\.ts$/, '.test.ts');

/** One that needs no store, and imports what it tests. */
export const isUnitTest = (test: string): boolean => test.startsWith('test/unit/');

function matching(globs: string[]): string[] {
  const exclude = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  const excluded = new Set(exclude.flatMap((glob) => globSync(glob, { cwd: ROOT })));
  const found = globs
    .filter((glob) => !glob.startsWith('!'))
    .flatMap((glob) => globSync(glob, { cwd: ROOT }).sort())
    .filter((path) => !excluded.has(path));
  // The first place in which a file is named is its place.
  return [...new Set(found)].map((path) => path.split(sep).join('/'));
}
