/** A copy of a stage's tables that is some writes behind: what reads without `ConsistentRead` may see. */
import { isDeepStrictEqual } from 'node:util';
import { createTables, deleteTables } from '../../dev/stores/tables.ts';
import type { AwsTarget } from '../../dev/stores/aws-json.ts';
import { writtenItems } from './dynamodb-call.ts';
import type { Attributes, Call } from './dynamodb-call.ts';

export interface LaggingReplica {
  /** A write was carried out: the copy has it once so many others have come after it. */
  observe(write: Call): Promise<void>;
  /** Brings the copy up to all writes but the last `behind`, then answers a call that asks the copy instead. */
  redirect(read: Call, behind: number): Promise<Call>;
  /** An answer of the copy, as the table's own. */
  restore(body: string): string;
  stop(): Promise<void>;
}

/** An item as it was; without one, it was deleted. */
interface Image {
  table: string;
  key: Attributes;
  item: Attributes | undefined;
}

const keyOf = (item: Attributes): Attributes =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name === 'pk' || name === 'sk'));

type Ask = (call: Call) => Promise<{ status: number; body: string }>;

/** Every write of the stage has to pass `observe`. */
export async function startReplica(target: AwsTarget, stage: string, ask: Ask): Promise<LaggingReplica> {
  const copy = `${stage}copy`;
  await createTables(target, copy);
  const toCopy = (text: string) => text.replaceAll(`gatehouse-${stage}-`, `gatehouse-${copy}-`);
  const waiting: Image[] = [];
  /** One at a time: an older image must not follow a newer one. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  /** The items that a write has named, as they are now. */
  async function imagesOf(write: Call): Promise<Image[]> {
    const keys = Map.groupBy(writtenItems(write), ({ table }) => table);
    const RequestItems = Object.fromEntries(
      [...keys].map(([table, items]) => [
        table,
        { Keys: items.map(({ attributes }) => keyOf(attributes)), ConsistentRead: true },
      ]),
    );
    const { body } = await ask({ action: 'BatchGetItem', input: { RequestItems } });
    const { Responses } = JSON.parse(body) as { Responses: Record<string, Attributes[]> };
    return writtenItems(write).map(({ table, attributes }) => {
      const key = keyOf(attributes);
      return { table, key, item: Responses[table]?.find((item) => isDeepStrictEqual(keyOf(item), key)) };
    });
  }

  async function apply({ table, key, item }: Image): Promise<void> {
    const TableName = toCopy(table);
    await ask(
      item
        ? { action: 'PutItem', input: { TableName, Item: item } }
        : { action: 'DeleteItem', input: { TableName, Key: key } },
    );
  }

  return {
    observe: (write) => inTurn(async () => void waiting.push(...(await imagesOf(write)))),
    redirect: (read, behind) =>
      inTurn(async () => {
        while (waiting.length > behind) await apply(waiting.shift()!);
        return { ...read, input: JSON.parse(toCopy(JSON.stringify(read.input))) as Call['input'] };
      }),
    restore: (body) => body.replaceAll(`gatehouse-${copy}-`, `gatehouse-${stage}-`),
    stop: () => deleteTables(target, copy),
  };
}
