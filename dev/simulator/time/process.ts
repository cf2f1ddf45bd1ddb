/** The processes of a simulation, and which of them is running now. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Chance } from '../chance.ts';
import type { DynamoDbWire } from '../dynamodb/wire.ts';
import type { RedisWire } from '../redis/wire.ts';
import type { Weather } from '../weather.ts';
import type { Timeline } from './timeline.ts';

/** A Lambda's, or the laptop's: it has a clock of its own, can stand still, and can be gone from one moment to the next. */
export interface Process {
  readonly name: string;
  /** How far its clock is ahead, milliseconds. */
  readonly skewMs: number;
  /** It stands still until then, by true time. */
  frozenUntil: number;
  isAlive: boolean;
}

/** What processes talk to. */
export interface Network {
  weather: Weather;
  dynamoDb: DynamoDbWire;
  redis: RedisWire;
}

/** On whose behalf something runs: kept through every `await`, timer and request. */
export interface Circumstance {
  timeline: Timeline;
  network: Network;
  /** Absent: the world outside of our processes, such as a partner. */
  process: Process | undefined;
  /** The step that it all began with: what goes wrong on the way is drawn from its chance. */
  chance: Chance;
  step: string;
}

const circumstances = new AsyncLocalStorage<Circumstance>();

export const circumstance = (): Circumstance | undefined => circumstances.getStore();

export const within = <T>(here: Circumstance, run: () => T): T => circumstances.run(here, run);

/** What a clock shows here: the running process's own. */
export function shownTime({ timeline, process }: Circumstance): number {
  return timeline.now() + (process?.skewMs ?? 0);
}

/** Waits, whoever's clock it is by. */
export const pause = (ms: number, here: Circumstance): Promise<void> =>
  new Promise((resolve) => void here.timeline.after(ms, 'waits', here, here.process, resolve));
