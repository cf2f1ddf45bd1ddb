/** Whoever has only the command line reaches all that the admin API can do. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROUTES } from '../../../lib/api/routes.ts';

const BIN = join(import.meta.dirname, '../../../bin');

/** Reached by the route for several, with one. */
const REACHED_OTHERWISE = ['redriveDeadLetter', 'replayDelivery'];

test('every route of the admin API has a command', () => {
  const commands = globSync('**/*.ts', { cwd: BIN })
    .map((file) => readFileSync(join(BIN, file), 'utf8'))
    .join('\n');
  const admin = Object.entries(ROUTES).filter(([, { path }]) => path.startsWith('/v1/admin/'));
  expect(admin.length).toBeGreaterThan(60);
  const unreached = admin.map(([id]) => id).filter((id) => !commands.includes(`'${id}'`));
  expect(unreached.toSorted()).toEqual(REACHED_OTHERWISE);
});
