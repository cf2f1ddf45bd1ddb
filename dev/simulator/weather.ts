/** What goes wrong between our processes and what they talk to, and how often: a seed's own, from calm to stormy. */
import type { Chance } from './chance.ts';

/** What one request meets on its way. */
export type Fate =
  | 'none'
  /** Seconds, on the way there or back. */
  | 'slow'
  /** Refused before anything. */
  | 'throttled'
  | 'internal-error'
  /** Carried out, and answered as if it had not been. */
  | 'failed-after-all'
  /** Another transaction is under way. */
  | 'conflict'
  /** Its connection breaks before it arrives, or on the way back. */
  | 'lost-request'
  | 'lost-reply'
  /** Its connection breaks, and it arrives all the same, seconds later. */
  | 'late-request'
  /** Carried out, and no answer ever. */
  | 'silence';

export type Rates = Partial<Record<Fate, number>>;

export interface Weather {
  dynamoDb: Rates;
  redis: Rates;
  platform: Rates;
  subscribers: Rates;
  secrets: Rates;
  /** Of reads that allow it: how many come from a replica that is behind. */
  stale: number;
  /** Of asynchronous invocations: how many are accepted and never run. */
  lostInvocations: number;
  /** Of indexes: for how much of the time they do not take on what is written, for seconds. */
  indexLag: number;
  /** Of queries and scans: how many end after a few items. Of batches: how many are done in part. */
  smallPages: number;
}

export const CALM: Weather = {
  dynamoDb: {},
  redis: {},
  platform: {},
  subscribers: {},
  secrets: {},
  stale: 0,
  indexLag: 0,
  lostInvocations: 0,
  smallPages: 0,
};

const OF_DYNAMODB: Rates = {
  slow: 0.03,
  throttled: 0.05,
  'internal-error': 0.02,
  'failed-after-all': 0.02,
  conflict: 0.1,
  'lost-request': 0.03,
  'lost-reply': 0.06,
  'late-request': 0.06,
  silence: 0.01,
};
const OF_REDIS: Rates = {
  slow: 0.02,
  'lost-request': 0.02,
  'lost-reply': 0.04,
  'late-request': 0.01,
  silence: 0.01,
};
const OF_PLATFORMS: Rates = { slow: 0.05, 'lost-request': 0.03, 'lost-reply': 0.05, 'internal-error': 0.03 };
const OF_SUBSCRIBERS: Rates = {
  slow: 0.05,
  throttled: 0.03,
  'internal-error': 0.05,
  'lost-request': 0.03,
  'lost-reply': 0.05,
  silence: 0.01,
};
const OF_SECRETS: Rates = { slow: 0.02, 'internal-error': 0.03 };

/** Some kinds of trouble and not others, so that each is met without the rest in its way. */
export function weatherOf(chance: Chance): Weather {
  const some = (rates: Rates): Rates => {
    const isStormy = chance.happens(0.8);
    const strength = chance.oneOf([0.3, 1, 2]);
    const picked = Object.entries(rates).filter(() => isStormy && chance.happens(0.6));
    return Object.fromEntries(picked.map(([fate, rate]) => [fate, rate * strength]));
  };
  return {
    dynamoDb: some(OF_DYNAMODB),
    redis: chance.happens(0.5) ? {} : some(OF_REDIS),
    platform: some(OF_PLATFORMS),
    subscribers: some(OF_SUBSCRIBERS),
    secrets: some(OF_SECRETS),
    stale: chance.oneOf([0, 0.2, 0.6]),
    indexLag: chance.oneOf([0, 0.1, 0.4]),
    lostInvocations: chance.oneOf([0, 0.1, 0.3]),
    smallPages: chance.oneOf([0, 0.3, 0.8]),
  };
}

export function fateOf(rates: Rates, chance: Chance): Fate {
  let left = chance.fraction();
  for (const [fate, rate] of Object.entries(rates) as [Fate, number][]) {
    if (left < rate) return fate;
    left -= rate;
  }
  return 'none';
}

/** How long a request takes one way, milliseconds. */
export const travelMs = (fate: Fate, chance: Chance): number =>
  fate === 'slow'
    ? chance.between(200, 4_000)
    : chance.between(0.3, 6) + (chance.happens(0.05) ? chance.between(0, 80) : 0);

/** When a request arrives that was given up long ago. */
export const lateMs = (chance: Chance): number => chance.oneOf([1, 10, 100]) * chance.between(5, 90);
