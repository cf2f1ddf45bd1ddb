import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { createCursors } from '../../lib/text/cursors.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { resourceNames } from './environment.ts';
import { secrets } from './secrets.ts';

/** Signed with a key of their own, made from the stage's session key. */
export const cursors = once(() =>
  createCursors(() => deriveKeys(secrets(), resourceNames().secrets.sessionKey, 'cursor'), clock),
);
