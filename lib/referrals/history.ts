import * as z from 'zod';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { CHANGES, changeKey } from './keys.ts';
import type { Change } from './referrals.ts';
import { UidInput } from './uid.ts';
import type { Uid } from './uid.ts';

const StoredChange = z.object({
  sk: z.string().regex(/^CHANGE#\d{10}$/),
  before: UidInput.nullable(),
  after: UidInput.nullable(),
  at: z.string(),
  source: z.string(),
  toldBy: UidInput,
});

/** All changes of a person's superior, oldest first. A row that cannot be read is left out. */
export async function readHistory(documents: Documents, table: string, uid: Uid): Promise<Change[]> {
  const changes: Change[] = [];
  let startKey: Item | undefined;
  do {
    const page = await documents.query({
      table,
      where: 'pk = :person AND begins_with(sk, :changes)',
      values: { ':person': changeKey(uid, 1)['pk'], ':changes': CHANGES },
      consistent: true,
      ...(startKey ? { startKey } : {}),
    });
    for (const item of page.items) {
      const { success, data } = StoredChange.safeParse(item);
      if (!success) continue;
      const { sk, ...change } = data;
      changes.push({ uid, number: Number(sk.slice(CHANGES.length)), ...change });
    }
    startKey = page.lastKey;
  } while (startKey);
  return changes;
}
