import pMap from 'p-map';
import * as z from 'zod';
import type { BusinessEvent } from '../../lib/events/event.ts';
import { isKept, readEvent } from '../../lib/events/event-item.ts';
import { fanOut, wake } from '../../lib/events/fan-out.ts';
import type { WakeDeps } from '../../lib/events/fan-out.ts';
import { insist } from '../../lib/vendors/dynamodb/insist.ts';
import type { Outbox } from '../../lib/events/outbox.ts';
import { deliverDue } from '../../lib/events/runner.ts';
import type { RunEnd, RunnerDeps } from '../../lib/events/runner.ts';
import type { RecipientItems } from '../../lib/events/recipient-items.ts';
import { accountOfChange, eventOf, isMended } from '../../lib/ledger/events.ts';
import { corruptRowOf } from '../../lib/ledger/items.ts';
import type { Deadline } from '../../lib/runtime/clock.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import type { Documents, Item } from '../../lib/vendors/dynamodb/documents.ts';
import type { Alerts } from '../../lib/watch/alerts/alerts.ts';
import { readStreamBatch } from '../../lib/vendors/dynamodb/stream-records.ts';
import type { StreamAnswer, StreamChange } from '../../lib/vendors/dynamodb/stream-records.ts';

/** `{ "deliver": "<recipient>" }`: send what is due to it. `runs`: how many runs have handed on to this one. */
const DirectEvent = z.object({ deliver: z.string(), runs: z.int().min(0).default(0) });

export interface PublishDeps extends RunnerDeps, Omit<WakeDeps, 'leases' | 'startRun'> {
  documents: Documents;
  tables: { ledger: string; events: string };
  outbox: Pick<Outbox, 'record'>;
  recipients: Pick<RecipientItems, 'all'>;
  alerts: Alerts;
  startRun: (recipient: string, runs: number) => Promise<void>;
  /** Appends what has settled to the journal. */
  seal: (changes: StreamChange[]) => Promise<unknown>;
}

/** Kind of the alert about a record of a stream that cannot be told; `subject` is the row that cannot be read. */
const EVENT_UNREADABLE = 'EVENT_UNREADABLE';

/** Groups of a batch worked on at the same time. */
const AT_ONCE = 10;
/**
 * Runs that hand on to the next one without a pause: Lambda ends a function that has called itself 16 times, taking it for
 * a mistake. After that the sweep, within a minute.
 */
const MOST_RUNS = 8;

/** A batch of the ledger's stream (it is told and sealed), a batch of the events' stream, or a call to deliver. */
export async function runPublish(
  event: unknown,
  { deadline }: { deadline: Deadline },
  deps: PublishDeps,
): Promise<StreamAnswer | { delivered: RunEnd }> {
  const direct = DirectEvent.safeParse(event);
  if (direct.success) return { delivered: await deliver(direct.data, deadline, deps) };
  const batch = readStreamBatch(event);
  if (batch?.table === deps.tables.ledger) {
    const [answer] = await Promise.all([
      tell(batch.changes, deadline, deps),
      // What is not sealed now the monitor seals within a minute: no event waits for that.
      deps.seal(batch.changes).catch((error: unknown) => deps.log.warn('Nothing was sealed.', { error })),
    ]);
    return answer;
  }
  if (batch?.table === deps.tables.events) return spread(batch.changes, deadline, deps);
  throw new GatewayError('INTERNAL', 'An event that this function is not for.');
}

async function deliver(
  { deliver: id, runs }: z.output<typeof DirectEvent>,
  deadline: Deadline,
  deps: PublishDeps,
): Promise<RunEnd> {
  const end = await deliverDue(id, deadline, deps);
  if (end === 'more' && runs < MOST_RUNS) {
    await wake(id, { ...deps, startRun: (next) => deps.startRun(next, runs + 1) });
  }
  return end;
}

/** Ledger → events. Those of one account in their order: the next one only when the one before is recorded. */
async function tell(changes: StreamChange[], deadline: Deadline, deps: PublishDeps): Promise<StreamAnswer> {
  const { documents, tables, outbox, alerts, clock } = deps;
  const groups = Map.groupBy(changes, (change) => accountOfChange(change) ?? change.sequenceNumber);
  const record = async (change: StreamChange) => {
    const told = await eventOf(change, { documents, table: tables.ledger });
    // Of a row that is mended later than events are kept nobody knows any more whether it was told.
    if (told && isKept(told, clock.now())) await outbox.record(told);
    if (isMended(change)) await alerts.resolve(EVENT_UNREADABLE, rowOf(change.after));
  };
  return eachGroup([...groups.values()], (change) => insist(() => record(change), clock, deadline.at), deps);
}

/** Events → deliveries, and a call to whoever sends them. */
async function spread(changes: StreamChange[], deadline: Deadline, deps: PublishDeps): Promise<StreamAnswer> {
  const { clock, recipients, deliveries } = deps;
  const all = await insist(() => recipients.all(), clock, deadline.at);
  const toWake = new Set<string>();
  const answer = await eachGroup(
    changes.map((change) => [change]),
    async ({ after }) => {
      if (!after) return;
      const event: BusinessEvent = readEvent(after) ?? unreadable(rowOf(after));
      const ids = await insist(() => fanOut(event, all, deliveries), clock, deadline.at);
      for (const id of ids) toWake.add(id);
    },
    deps,
  );
  await Promise.all(
    [...toWake].map((id) => wake(id, { ...deps, startRun: (next) => deps.startRun(next, 0) })),
  );
  return answer;
}

/**
 * Each group in its order, groups at the same time. A row that is not as this product writes it will not be by repeating:
 * it is passed over, with an alert, and holds up nobody. Another record that fails is reported, and ends its group alone:
 * Lambda repeats and halves the batch until it stands by itself, and in the end puts it into the dead letter queue.
 */
async function eachGroup(
  groups: StreamChange[][],
  run: (change: StreamChange) => Promise<void>,
  deps: Pick<PublishDeps, 'alerts' | 'log'>,
): Promise<StreamAnswer> {
  const failures: string[] = [];
  const runGroup = async (group: StreamChange[]) => {
    for (const change of group) {
      try {
        await run(change);
      } catch (error) {
        if (await isPassedOver(change, error, deps)) continue;
        failures.push(change.sequenceNumber);
        return;
      }
    }
  };
  await pMap(groups, runGroup, { concurrency: AT_ONCE });
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Tells of a record that failed. @returns whether the next one may go on: this one will not be better by repeating. */
async function isPassedOver(
  { sequenceNumber, after }: StreamChange,
  error: unknown,
  { alerts, log }: Pick<PublishDeps, 'alerts' | 'log'>,
): Promise<boolean> {
  const row = corruptRowOf(error)?.row;
  const what = row === undefined ? 'failed' : 'cannot be read, and was passed over';
  log.warn(`A record of a stream ${what}.`, { sequenceNumber, row, error });
  if (!isGatewayError(error, 'STORE_UNAVAILABLE')) await alertUnreadable(row ?? rowOf(after), error, alerts);
  return row !== undefined;
}

async function alertUnreadable(row: string, error: unknown, alerts: PublishDeps['alerts']): Promise<void> {
  const why = isGatewayError(error) ? error.message : 'an unexpected error, see the log';
  await alerts.raise({
    kind: EVENT_UNREADABLE,
    subject: row,
    severity: 'critical',
    summary: `What happened to ${row} could not be told: ${why}`,
  });
}

function unreadable(row: string): never {
  throw new GatewayError('INTERNAL', `The event ${row} cannot be read.`, {
    internal: { row, field: 'event' },
  });
}

const rowOf = (item: Item | undefined): string => String((item as { pk?: string } | undefined)?.pk);
