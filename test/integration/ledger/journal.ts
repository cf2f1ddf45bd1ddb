/** What the journal's tests share: a ledger, its stream, a sealer and a verifier on a table of their own. */
import { createStreamPoller } from '../../../dev/stores/stream-poller.ts';
import { createCheckpoints } from '../../../dev/stores/stream-checkpoints.ts';
import type { StreamRecord } from '../../../dev/stores/stream-reader.ts';
import { createJournal } from '../../../lib/ledger/journal/journal.ts';
import { seal } from '../../../lib/ledger/journal/seal.ts';
import type { RowChange, SealDeps } from '../../../lib/ledger/journal/seal.ts';
import type { Violation } from '../../../lib/ledger/journal/verification.ts';
import type { Verification } from '../../../lib/ledger/journal/verify.ts';
import { readStreamBatch } from '../../../lib/vendors/dynamodb/stream-records.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import type { TestStores } from '../../stores.ts';
import { openLedger, tickingClock } from './books.ts';

export interface JournalBench {
  clock: ReturnType<typeof tickingClock>;
  deps: SealDeps;
  ledger: ReturnType<typeof openLedger>;
  /** `raise LEDGER_TAMPERED main`, `resolve …`, in order. */
  alerts: string[];
  /** What the stream has brought since the last call. */
  stream: () => Promise<RowChange[]>;
  /** Seals all of it. */
  sealStream: () => Promise<number>;
  verify: (options?: { book?: string; cursor?: string; patienceMs?: number }) => Promise<Pass>;
  /** All cursors followed. */
  verifyAll: (book?: string, patienceMs?: number) => Promise<Pass & { answers: number }>;
}

export type Pass = Verification & { cursor?: string };

export function openJournal(
  stores: TestStores,
  options: { documents?: Documents; clock?: Clock } = {},
): JournalBench {
  const clock = tickingClock();
  const { documents = stores.documents } = options;
  const { ledger: table } = stores.names.tables;
  const told: string[] = [];
  const alerts = {
    raise: async ({ kind, subject }: { kind: string; subject: string }) =>
      void told.push(`raise ${kind} ${subject}`),
    resolve: async (kind: string, subject: string) => void told.push(`resolve ${kind} ${subject}`),
  };
  const deps: SealDeps = { documents, table, clock, random, alerts };
  const ledger = openLedger(stores, { documents, clock });
  const journal = createJournal({ ...deps, ledger: watchedLedger(ledger, alerts), cursors });

  const records: StreamRecord[] = [];
  const poller = createStreamPoller({
    target: {
      endpoint: stores.config.endpoints.dynamodb!,
      region: stores.config.region,
      accessKeyId: 'local',
    },
    table,
    clock,
    checkpoints: createCheckpoints(),
    onFailure: async () => {},
    invoke: async ({ Records }) => void records.push(...Records),
  });
  const stream = async () => {
    await poller.drain();
    return readStreamBatch({ Records: records.splice(0) })?.changes ?? [];
  };

  const verify: JournalBench['verify'] = ({ book = 'main', cursor, patienceMs = 1_000_000 } = {}) =>
    journal.verify({ book, cursor, deadlineAt: clock.at + patienceMs });
  return {
    clock,
    deps,
    ledger,
    alerts: told,
    stream,
    sealStream: async () => seal(await stream(), deps),
    verify,
    async verifyAll(book = 'main', patienceMs) {
      const violations: Violation[] = [];
      let answers = 0;
      let cursor: string | undefined;
      for (;;) {
        const pass = await verify({
          book,
          ...(cursor !== undefined && { cursor }),
          ...(patienceMs !== undefined && { patienceMs }),
        });
        answers += 1;
        violations.push(...pass.violations);
        cursor = pass.cursor;
        if (cursor === undefined) return { ...pass, violations, answers };
      }
    },
  };
}
