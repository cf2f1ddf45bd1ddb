/** Writes events. From there the table's stream takes them on: what was written is told, what was not is not. */
import { conditionHeld } from '../vendors/dynamodb/condition-held.ts';
import type { Documents, TransactItem } from '../vendors/dynamodb/documents.ts';
import type { BusinessEvent } from './event.ts';
import { eventItem } from './event-item.ts';

export interface Outbox {
  /** @returns false where it was written before: nothing has changed, and nobody is told again. */
  record(event: BusinessEvent): Promise<boolean>;
  /** The same as part of a transaction. That it was written before cancels the transaction. */
  recording(event: BusinessEvent): TransactItem;
}

const NEW = 'attribute_not_exists(pk)';

export function createOutbox({ documents, table }: { documents: Documents; table: string }): Outbox {
  return {
    record: (event) => conditionHeld(documents.put(table, eventItem(event), { condition: NEW })),

    recording: (event) => ({
      Put: { TableName: table, Item: eventItem(event), ConditionExpression: NEW },
    }),
  };
}
