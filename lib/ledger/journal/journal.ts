/** The journal as the API asks it: docs/builders/journal.md */
import type { CursorCodec, Cursors } from '../../text/cursors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { readTransfer } from '../items.ts';
import type { EntryRow } from '../items.ts';
import { idText } from '../keys.ts';
import type { TransferId } from '../keys.ts';
import type { Transfer } from '../ledger.ts';
import { ListingPosition, settledOf } from './listing.ts';
import type { ListingQuery } from './listing.ts';
import { rowsById } from './settled-rows.ts';
import { Position } from './verification.ts';
import { verify } from './verify.ts';
import type { Verification, VerifyDeps } from './verify.ts';

export interface Journal {
  /**
   * A pass, or as much of it as fits before the deadline, and the cursor that goes on.
   * @throws `VALIDATION_FAILED` for another book's cursor; `STORE_UNAVAILABLE`
   */
  verify(options: {
    book: string;
    cursor?: string | undefined;
    deadlineAt: number;
  }): Promise<Verification & { cursor?: string }>;
  /** What settled for a service. @throws `INTERNAL`, naming a row that cannot be read. */
  settled(
    query: Omit<ListingQuery, 'position'> & { cursor?: string | undefined },
  ): Promise<{ items: EntryRow[]; cursor?: string }>;
  /** Those of these transfers that there are, by `{service}#{transactionId}`. Throws likewise. */
  transfers(ids: TransferId[]): Promise<Map<string, Transfer>>;
}

export function createJournal({ cursors, ...deps }: VerifyDeps & { cursors: Cursors }): Journal {
  return {
    async verify({ book, cursor, deadlineAt }) {
      const codec: CursorCodec<typeof Position> = cursors.of(`verify ${book}`, Position);
      const from = cursor === undefined ? undefined : await codec.read(cursor);
      const { verification, position } = await verify(
        deps,
        omitUndefined({ book, deadlineAt, position: from }),
      );
      return { ...verification, ...(position && { cursor: await codec.write(position) }) };
    },

    async settled({ cursor, ...query }) {
      const { book, service, from, to } = query;
      const codec = cursors.of(`settled ${JSON.stringify([book, service, from, to])}`, ListingPosition);
      const start = cursor === undefined ? undefined : await codec.read(cursor);
      const { items, position } = await settledOf(deps, omitUndefined({ ...query, position: start }));
      return { items, ...(position && { cursor: await codec.write(position) }) };
    },

    async transfers(ids) {
      const items = await rowsById(
        deps,
        ids.map((id) => ({ id: idText(id) })),
      );
      return new Map([...items].map(([id, item]) => [id, readTransfer(item).transfer]));
    },
  };
}
