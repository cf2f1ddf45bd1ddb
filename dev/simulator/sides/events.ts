/** Who is told what happened: the function `publish` on the streams of both tables, and subscribers that are away at times. */
import { runPublish } from '../../../functions/publish/publish.ts';
import { subscriptionItem } from '../../../lib/events/subscription-item.ts';
import type { Subscription } from '../../../lib/events/subscription.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { Change } from '../dynamodb/database.ts';
import { Stream } from '../dynamodb/stream.ts';
import { EventsTold } from '../oracles/events.ts';
import { secretOf, urlOf } from '../platform/subscribers.ts';
import { NAMES, SESSION_KEY } from '../process/stage.ts';
import { PUBLISH_LIMIT_MS } from '../processes.ts';
import type { Processes } from '../processes.ts';
import { pause } from '../time/process.ts';
import type { World } from '../world.ts';
import type { Side } from './side.ts';

/** As serverless.yml filters the ledger's stream: balances, and transfers that have settled or were given up. */
const isOfLedger = ({ key, after }: Change): boolean => {
  const status = after?.['status']?.S ?? '';
  return key['sk']?.S === 'BALANCE'
    ? key['pk']!.S!.startsWith('ACCT#')
    : key['sk']?.S === 'TRANSFER' && ['SETTLED', 'DEAD'].includes(status);
};
const isEvent = ({ key, before }: Change): boolean => key['sk']?.S === 'EVENT' && !before;

/** After the last trouble a delivery is due again within ten minutes: it has failed four times at most. Milliseconds. */
const ALL_IS_TOLD_MS = 15 * 60_000;
const LOOK_MS = 30_000;

export async function eventsSide(
  world: World,
  processes: Processes,
  names: readonly string[],
): Promise<Side> {
  const { violations, timeline, subscribers } = world;
  const subscriptions = await Promise.all(names.map((name) => subscriptionOf(name, timeline.now())));
  for (const subscription of subscriptions)
    world.put(NAMES.tables.events, { ...subscriptionItem(subscription) });
  const events = new EventsTold(
    subscriptions.map(({ id, ordered, events: [wants] }) => ({
      name: id,
      isOrdered: ordered,
      wants: wants!.replace('*', ''),
    })),
    violations,
  );
  world.watch((commit) => events.watch(commit));
  subscribers.watch((told) => events.told(told, timeline.now()));

  const streamOf = (table: string, name: string, isWanted: (change: Change) => boolean): Stream =>
    new Stream(
      { table, limitMs: PUBLISH_LIMIT_MS, isWanted },
      (shard) => world.here(`${name}${shard}`),
      async (Records, here) => {
        const answer = await processes.invoke(
          here.chance.upTo(processes.count),
          here,
          ({ publishing }, at) => runPublish({ Records }, { deadline: { at } }, publishing.publish),
          PUBLISH_LIMIT_MS,
        );
        return 'batchItemFailures' in answer
          ? answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
          : [];
      },
    );
  const streams = [
    streamOf(NAMES.tables.ledger, 'telling', isOfLedger),
    streamOf(NAMES.tables.events, 'spreading', isEvent),
  ];
  for (const stream of streams) world.watch((commit) => stream.watch(commit));

  return {
    play(step) {
      if (step.kind !== 'subscriber-down') return undefined;
      subscribers.down(step.subscriber, timeline.now() + step.ms);
      return Promise.resolve();
    },

    async settle(here) {
      for (const stream of streams) stream.isCalm = true;
      for (const name of names) subscribers.down(name, 0);
      for (let waited = 0; waited < ALL_IS_TOLD_MS && events.missing().length > 0; waited += LOOK_MS)
        await pause(LOOK_MS, here);
    },

    compare: () => events.compare(),
  };
}

/** As a person made it before the day began. */
async function subscriptionOf(name: string, now: number): Promise<Subscription> {
  // Clocks that are behind show a time before the day: of what happened before a subscription was made, nothing is told.
  const at = new Date(now - 3_600_000).toISOString();
  const isOrdered = name === 'ordered';
  // The same bytes each time: they are in the journal.
  const random = { ...systemRandom, bytes: (length: number) => Buffer.alloc(length, 7) };
  const version = { versionId: 'v1', text: SESSION_KEY, createdAt: at };
  const getVersion = async (_id: string, stage: string) => (stage === 'AWSCURRENT' ? version : undefined);
  const vault = createVault(
    () => deriveKeys({ getVersion }, NAMES.secrets.sessionKey, 'subscription'),
    random,
    clock,
  );
  return {
    kind: 'subscription',
    id: name,
    url: urlOf(name),
    events: [isOrdered ? 'transfer.*' : '*'],
    ordered: isOrdered,
    enabled: true,
    createdAt: at,
    createdBy: 'simulation',
    updatedAt: at,
    selectingSince: at,
    revision: 1,
    rung: 0,
    secrets: [{ sealed: await vault.seal(`subscription ${name}`, secretOf(name)) }],
  };
}
