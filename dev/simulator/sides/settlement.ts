/** What settles queued transfers: the stream's workers, the sweep of every minute. */
import { runMonitor } from '../../../functions/monitor/monitor.ts';
import { runSettle } from '../../../functions/settle/settle.ts';
import { Stream } from '../dynamodb/stream.ts';
import { log } from '../process/parts.ts';
import { NAMES } from '../process/stage.ts';
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

export function settlementSide(world: World, processes: Processes): Side {
  const { violations } = world;
  const slot = ({ chance }: Circumstance) => chance.upTo(processes.count);

  const stream = new Stream(
    NAMES.tables.ledger,
    (name) => world.here(name),
    async (Records, here) => {
      const { batchItemFailures } = await processes.invoke(slot(here), here, ({ settlement }, at) =>
        runSettle({ Records }, { at: at - MARGIN_MS }, settlement.settle),
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
        .invoke(slot(here), here, ({ settlement }, at) =>
          runMonitor(settlement.minutely, { requestId: here.step, deadline: { at } }, log),
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
