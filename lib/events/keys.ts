/**
 * Keys of the `events` table; docs/builders/events.md has the access patterns.
 *
 * | item  | pk           | sk      | index `byTime`                           |
 * |-------|--------------|---------|------------------------------------------|
 * | event | `EVENT#{id}` | `EVENT` | `EVENTS#{day}#{shard}`, `{at}#{id}`      |
 */
import type { Key } from '../vendors/dynamodb/documents.ts';

export const EVENT = 'EVENT#';

export const eventKey = (id: string): Key => ({ pk: `${EVENT}${id}`, sk: 'EVENT' });
