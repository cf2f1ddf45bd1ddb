/** One simulation: a scenario played to its end, then a quiet time in which everything must come out right. */
import { watchAlarms } from './oracles/alarms.ts';
import { Processes } from './processes.ts';
import type { Scenario, Step } from './scenario.ts';
import { callsSide } from './sides/calls.ts';
import { eventsSide } from './sides/events.ts';
import { journalSide } from './sides/journal.ts';
import { moneySide } from './sides/money.ts';
import { settlementSide } from './sides/settlement.ts';
import { CALM } from './weather.ts';
import { World } from './world.ts';

export interface Result {
  digest: string;
  violations: string[];
  /** Of the timeline. */
  events: number;
  /** Steps. */
  begun: number;
  /** The last lines. */
  journal: string[];
}

/** After the last step, for what is still on its way, milliseconds. */
const REST_MS = 60_000;

/** What goes on for longer never ends. */
const EVENTS_PER_STEP = 1_000;

/** @param show is given each line of the journal. */
export async function simulate(scenario: Scenario, show?: (line: string) => void): Promise<Result> {
  const weather = { ...scenario.weather };
  const world = new World(scenario.seed, weather, show);
  const { violations, timeline, network } = world;
  const processes = new Processes(world, scenario.skews);
  const sides = [
    moneySide(world, processes, { ...scenario.network }, scenario),
    // Before the monitor's last minute: it has sent what is due later.
    await eventsSide(world, processes, scenario.subscribers),
    settlementSide(world, processes),
    journalSide(world, processes),
    callsSide(world, processes),
  ];
  world.watch((commit) => watchAlarms(commit, world.site.record, violations));
  let isDone = false;
  let begun = 0;

  const failed = (error: unknown): void => violations.add(`the simulation broke: ${(error as Error).stack}`);
  const plan = (
    ms: number,
    label: string,
    name: string,
    run: (here: ReturnType<World['here']>) => Promise<unknown>,
  ) => {
    const here = world.here(name);
    timeline.after(ms, label, here, undefined, () => void run(here).catch(failed));
  };

  for (const step of scenario.steps) {
    plan(step.at, JSON.stringify(step), step.name, async (here) => {
      begun += 1;
      disturb(step);
      await Promise.all(sides.map(async (side) => side.play(step, here)));
    });
  }
  plan((scenario.steps.at(-1)?.at ?? 0) + REST_MS, 'calm', 'end', async (here) => {
    Object.assign(weather, CALM);
    network.redis.downUntil = 0;
    for (const side of sides) await side.settle(here);
    isDone = true;
  });

  const events = await timeline.run(
    (count) => isDone || violations.any || count > EVENTS_PER_STEP * (20 + scenario.steps.length),
  );
  if (!violations.any && !isDone) violations.add('it never came to its end');
  if (!violations.any) for (const side of sides) side.compare();
  return {
    digest: world.journal.digest(),
    violations: violations.found,
    events,
    begun,
    journal: world.journal.last(),
  };

  /** What happens to our processes and to Redis, whoever uses them. */
  function disturb(step: Step): void {
    switch (step.kind) {
      case 'kill':
        return processes.killAt(step.slot);
      case 'freeze':
        return processes.freezeAt(step.slot, step.ms);
      case 'redis-down':
        network.redis.downUntil = timeline.now() + step.ms;
        return;
      case 'redis-empty':
        network.redis.keyspace.empty();
    }
  }
}
