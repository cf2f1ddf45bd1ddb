/** Which of several accounts' sessions can serve a call at once, as the guard asks it in Redis. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SESSION_FITNESS_LUA } from '../../../../lib/platforms/session/fitness.ts';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { script } from '../../../../lib/vendors/redis/redis.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { serviceAt } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const FITNESS = script(`
local function text(key) return redis.call('GET', key) or '' end
${SESSION_FITNESS_LUA}
local serves, running = session_fitness(1, ARGV[1])
return {serves and 'serves' or 'does not', running and 'login runs' or 'none runs'}
`);

it.each<
  [
    what: string,
    stored: { main?: string; rejected?: string; lock?: string },
    generation: string,
    fitness: string,
  ]
>([
  ['a session that nobody refused', { main: 's' }, '7.2', 'serves, none runs'],
  ['one later than what was refused', { main: 's', rejected: '6' }, '7.0', 'serves, none runs'],
  ['one that was refused', { main: 's', rejected: '7' }, '7.0', 'does not, none runs'],
  ['one that has ended', {}, '7.0', 'does not, none runs'],
  ['one that an operator ended', { main: 's' }, '8.invalidated', 'does not, none runs'],
  ['none yet, while a login runs', { lock: 'x|1|1' }, '', 'does not, login runs'],
  ['one that is renewed ahead of its end', { main: 's', lock: 'x|1|1' }, '7.0', 'serves, login runs'],
])('%s', async (_what, stored, generation, fitness) => {
  const keys = sessionKeys(serviceAt('http://127.0.0.1').definition);
  for (const [name, value] of Object.entries(stored)) await stores.redis.set(keys[name as 'main'], value);
  const found = await stores.redis.run<string[]>(
    FITNESS,
    [keys.main, keys.rejected, keys.lock],
    [generation],
  );
  expect(found.join(', ')).toBe(fitness);
});
