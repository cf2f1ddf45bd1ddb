/** Puts the simulated stores and clocks under the code, once per process of Node. */
import './time/own-time.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { simulateDynamoDb } from './dynamodb/wire.ts';
import { createParts } from './process/parts.ts';
import { NAMES, prepareEnvironment } from './process/stage.ts';
import { simulateRedis } from './redis/wire.ts';
import { within } from './time/process.ts';
import { CALM } from './weather.ts';
import { World } from './world.ts';

/** What SDKs load at their first request comes from the disk, in real time: it is over before a simulation begins. */
export async function prepare(): Promise<void> {
  prepareEnvironment();
  simulateDynamoDb();
  simulateRedis();
  const world = new World(0, CALM);
  const process = { name: 'warm-up', skewMs: 0, frozenUntil: 0, isAlive: true };
  const ready = { isDone: false };
  void within(world.here('warm-up', process), async () => {
    const { documents, redis } = createParts(world.secrets);
    await documents.get(NAMES.tables.registry, { pk: 'x', sk: 'x' });
    await documents.transact([{ Put: { TableName: NAMES.tables.registry, Item: { pk: 'x', sk: 'x' } } }]);
    await redis.get('x');
    ready.isDone = true;
  });
  for (let turn = 0; !ready.isDone; turn++) {
    if (turn > 2_000) throw new Error('The SDKs did not get ready.');
    await world.timeline.run();
    await pause(5);
  }
}
