import { createSecretKey } from 'node:crypto';
import { createCursors } from '../lib/text/cursors.ts';

/** Cursors signed with a key that no deployment has. */
export const cursors = createCursors(() => Promise.resolve([{ key: createSecretKey(Buffer.alloc(32, 7)) }]), {
  now: () => 0,
});

/** A cursor spoilt: its tag changed, what it carries changed, its end cut off. */
export function altered(cursor: string): string[] {
  const flipped = (at: number) => {
    const bytes = Buffer.from(cursor, 'base64url');
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    return bytes.toString('base64url');
  };
  return [flipped(0), flipped(-3), cursor.slice(0, -4)];
}
