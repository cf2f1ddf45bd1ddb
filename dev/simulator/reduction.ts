/** Less of a scenario: some of its steps, and some of its troubles left out. As data, so that it can be asked for again. */
import type { Scenario } from './scenario.ts';
import type { Rates } from './weather.ts';

export interface Reduction {
  /** Names of the steps that are left. Absent: all. */
  keep?: readonly string[] | undefined;
  /** Names of troubles that are left out: see `troublesOf`. */
  without?: readonly string[] | undefined;
}

const SOURCES = ['dynamoDb', 'redis', 'platform', 'subscribers', 'secrets'] as const;

/** `dynamoDb.slow`, `stale`, `twice`, `skews` ...: everything that can be left out. */
export function troublesOf({ weather, network, skews, partnerSkews }: Scenario): string[] {
  const rates = SOURCES.flatMap((source) => Object.keys(weather[source]).map((fate) => `${source}.${fate}`));
  const shares = Object.entries({
    stale: weather.stale,
    indexLag: weather.indexLag,
    lostInvocations: weather.lostInvocations,
    smallPages: weather.smallPages,
    ...network,
  });
  const isSkewed = [...skews, ...Object.values(partnerSkews)].some((skew) => skew !== 0);
  return [
    ...rates,
    ...shares.filter(([, share]) => share > 0).map(([name]) => name),
    ...(isSkewed ? ['skews'] : []),
    ...(skews.length > 1 ? [`processes${skews.length}`] : []),
  ];
}

export function reduced(scenario: Scenario, { keep, without = [] }: Reduction): Scenario {
  const { weather, network, steps } = scenario;
  const left = new Set(without);
  const rates = (source: (typeof SOURCES)[number]): Rates =>
    Object.fromEntries(Object.entries(weather[source]).filter(([fate]) => !left.has(`${source}.${fate}`)));
  const share = (name: string, value: number) => (left.has(name) ? 0 : value);
  const isSkewed = !left.has('skews');
  // `processes4` left out leaves three, and so on: each is a name of its own.
  const count = scenario.skews.filter((_, at) => at === 0 || !left.has(`processes${at + 1}`)).length;
  return {
    ...scenario,
    steps: keep ? steps.filter(({ name }) => keep.includes(name)) : steps,
    weather: {
      dynamoDb: rates('dynamoDb'),
      redis: rates('redis'),
      platform: rates('platform'),
      subscribers: rates('subscribers'),
      secrets: rates('secrets'),
      stale: share('stale', weather.stale),
      indexLag: share('indexLag', weather.indexLag),
      lostInvocations: share('lostInvocations', weather.lostInvocations),
      smallPages: share('smallPages', weather.smallPages),
    },
    network: {
      lostRequest: share('lostRequest', network.lostRequest),
      lostReply: share('lostReply', network.lostReply),
      twice: share('twice', network.twice),
    },
    skews: scenario.skews.slice(0, count).map((skew) => (isSkewed ? skew : 0)),
    partnerSkews: isSkewed ? scenario.partnerSkews : { URS_A: 0, URS_B: 0 },
  };
}
