import { createSecretKey } from 'node:crypto';
import { createCursors } from '../lib/text/cursors.ts';

/** Cursors signed with a key that no deployment has. */
export const cursors = createCursors(() => Promise.resolve([{ key: createSecretKey(Buffer.alloc(32, 7)) }]), {
  now: () => 0,
});
