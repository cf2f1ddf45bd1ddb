/** Recipients in the table: subscriptions and channels beside each other, told apart by what they have. */
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import type { Channel } from './channel.ts';
import { readChannel } from './channel-item.ts';
import { RECIPIENTS, recipientKey } from './keys.ts';
import type { Subscription } from './subscription.ts';
import { readSubscription } from './subscription-item.ts';

export type Recipient = Subscription | Channel;

/** `undefined` for an item that cannot be read. */
export const readRecipient = (item: Item): Recipient | undefined =>
  readSubscription(item) ?? readChannel(item);

export interface RecipientItems {
  /** All there are: no more than a few dozen. */
  all(): Promise<Recipient[]>;
  read(id: string): Promise<Recipient | undefined>;
  put(item: Item): Promise<void>;
  /**
   * A field that is `undefined` is removed. In `condition` they are `#name` and `:name`.
   * @returns `undefined` where the condition does not hold.
   */
  update(
    id: string,
    fields: Record<string, unknown>,
    condition?: string,
    values?: Record<string, unknown>,
  ): Promise<Recipient | undefined>;
  /** @returns false where there was none. */
  remove(id: string): Promise<boolean>;
}

const EXISTS = 'attribute_exists(pk)';

export interface RecipientPlace {
  documents: Documents;
  /** The `events` table. */
  table: string;
}

export function createRecipientItems({ documents, table }: RecipientPlace): RecipientItems {
  return {
    async all() {
      const where = { table, where: 'pk = :pk', values: { ':pk': RECIPIENTS }, consistent: true };
      return (await queryAll(documents, where)).flatMap((item) => readRecipient(item) ?? []);
    },

    async read(id) {
      const item = await documents.get(table, recipientKey(id), { consistent: true });
      return item && readRecipient(item);
    },

    put: (item) => documents.put(table, item, { condition: 'attribute_not_exists(pk)' }),

    async update(id, fields, condition = EXISTS, values = {}) {
      const set = Object.entries(fields).filter(([, value]) => value !== undefined);
      const gone = Object.keys(fields).filter((name) => fields[name] === undefined);
      const expression = [
        ...(set.length === 0 ? [] : [`SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}`]),
        ...(gone.length === 0 ? [] : [`REMOVE ${gone.map((name) => `#${name}`).join(', ')}`]),
      ].join(' ');
      const given = { ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])), ...values };
      const item = await unlessConditionFails(() =>
        documents.update(table, recipientKey(id), expression, {
          condition,
          names: Object.fromEntries(Object.keys(fields).map((name) => [`#${name}`, name])),
          ...(Object.keys(given).length === 0 ? {} : { values: given }),
        }),
      );
      return item && readRecipient(item);
    },

    async remove(id) {
      const removed = await unlessConditionFails(async () => {
        await documents.delete(table, recipientKey(id), { condition: EXISTS });
        return true;
      });
      return removed === true;
    },
  };
}

async function unlessConditionFails<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}
