/** What settles queued transfers: the stream's workers, the sweep of every minute. */
import { runMonitor } from '../../../functions/monitor/monitor.ts';
import { runSettle } from '../../../functions/settle/settle.ts';
import type { Change } from '../dynamodb/database.ts';
import { Stream } from '../dynamodb/stream.ts';
import { log } from '../process/parts.ts';
import { NAMES } from '../process/stage.ts';
import { BACKGROUND_LIMIT_MS } from '../processes.ts';
import type { Processes } from '../processes.ts';
import { pause } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import type { World } from '../world.ts';
import type { Side } from './side.ts';

const MINUTE_MS = 60_000;
/** Reserved for what is begun last, as in the functions' handlers, milliseconds. */
const MARGIN_MS = 10_000;
/** Longer than the longest pause between two tries, and a minute's sweep, milliseconds. */
const ALL_IS_DUE_MS = 240_000;

/** As serverless.yml filters the stream: what has just become pending. */
const isAccepted = ({ before, after }: Change): boolean =>
  after?.['status']?.S === 'PENDING' && before?.['status']?.S !== 'PENDING';

export function settlementSide(world: World, processes: Processes): Side {
  const { violations } = world;
  const slot = ({ chance }: Circumstance) => chance.upTo(processes.count);

  const stream = new Stream(
    { table: NAMES.tables.ledger, limitMs: BACKGROUND_LIMIT_MS, isWanted: isAccepted },
    (shard) => world.here(`stream${shard}`),
    async (Records, here) => {
      const { batchItemFailures } = await processes.invoke(
        slot(here),
        here,
        ({ settlement }, at) => runSettle({ Records }, { at: at - MARGIN_MS }, settlement.settle),
        BACKGROUND_LIMIT_MS,
      );
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
  );
  world.watch((commit) => stream.watch(commit));

  let isOver = false;
  const everyMinute = (here: Circumstance): void => {
    if (isOver) return;
    here.timeline.after(MINUTE_MS, 'a minute is over', here, undefined, () => {
      everyMinute(here);
      void processes
        .invoke(
          slot(here),
          here,
          ({ settlement, publishing, journals }, at) =>
            runMonitor(
              [...settlement.minutely, ...publishing.minutely, ...journals.minutely],
              { requestId: here.step, deadline: { at } },
              log,
            ),
          BACKGROUND_LIMIT_MS,
        )
        .catch(() => undefined);
    });
  };
  everyMinute(world.here('monitor'));

  return {
    play: () => undefined,

    async settle(here) {
      stream.isCalm = true;
      await pause(ALL_IS_DUE_MS, here);
      isOver = true;
    },

    compare() {
      for (const item of world.database.table(NAMES.tables.ledger).items()) {
        const status = item['status']?.S;
        if (status === 'PENDING') violations.add(`${item['pk']?.S} is still pending`);
      }
    },
  };
}
