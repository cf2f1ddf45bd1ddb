/** The example for Django, in a real Django. */
import { describe } from 'vitest';
import { installed } from '../debian.ts';
import { behavesAsAFarm } from './site-of-a-farm.ts';
import { startDjango } from './start.ts';

const isInstalled = await installed("Django with Gatehouse's client", ['python3-django']);

describe.skipIf(!isInstalled)('the example for Django', () => {
  behavesAsAFarm(startDjango, { receipts: 'farm_receipt', handled: 'farm_handledevent' });
});
