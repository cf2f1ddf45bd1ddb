/** The example for Laravel, in a real Laravel. */
import { describe } from 'vitest';
import { installed } from '../debian.ts';
import { behavesAsAFarm } from './site-of-a-farm.ts';
import { startLaravel } from './start.ts';

const isInstalled = await installed("Laravel with Gatehouse's client", [
  'php-laravel-framework',
  'php-cli',
  'php-curl',
  'php-sqlite3',
]);

describe.skipIf(!isInstalled)('the example for Laravel', () => {
  behavesAsAFarm(startLaravel, { receipts: 'receipts', handled: 'handled_events' });
});
