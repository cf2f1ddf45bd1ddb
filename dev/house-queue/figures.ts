/** The runs that docs/scale.md shows: which settings, and how they are drawn. */
import { chart } from './chart.ts';
import type { Panel } from './chart.ts';
import { simulate } from './simulate.ts';
import type { Outcome, Setting } from './simulate.ts';

const SHARDS = [1, 4, 16, 32];
const GROUPS = [2, 5, 10, 25];
const CONFLICTS = [0, 0.05, 0.2];
const RATES = [25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400];
/** Transfers a second and shard beyond which every more only fails. */
const HOPELESS = 400;
/** As of a new book. */
const USUAL_SHARDS = 16;

export interface Run {
  setting: Setting;
  outcome: Outcome;
}

export interface Runs {
  byShards: Run[];
  byGroup: Run[];
  byConflicts: Run[];
}

export function runAll(seed: number): Runs {
  const run = (setting: Omit<Setting, 'seed'>): Run => {
    const whole = { ...setting, seed };
    return { setting: whole, outcome: simulate(whole) };
  };
  const usual = { shards: USUAL_SHARDS, group: 1, otherConflicts: 0 };
  const rates = (shards: number) => RATES.filter((rate) => rate <= shards * HOPELESS);
  return {
    byShards: SHARDS.flatMap((shards) => rates(shards).map((rate) => run({ ...usual, shards, rate }))),
    byGroup: GROUPS.flatMap((group) => rates(USUAL_SHARDS).map((rate) => run({ ...usual, group, rate }))),
    byConflicts: CONFLICTS.flatMap((otherConflicts) =>
      rates(USUAL_SHARDS).map((rate) => run({ ...usual, otherConflicts, rate })),
    ),
  };
}

export function drawAll({ byShards, byGroup, byConflicts }: Runs): string {
  const p99 = { y: 'p99, ms', from: 10, to: 10_000 };
  return chart([
    panel(
      'SYNC: time to settle, by house shards',
      p99,
      byShards,
      ({ shards }) => (shards === 1 ? '1 shard' : `${shards} shards`),
      ({ p99: ms }) => ms,
    ),
    panel(
      'QUEUED, 16 shards: settled a second, by transfers in a transaction',
      { y: 'settled/s', from: 100, to: 10_000 },
      byGroup.filter(({ setting }) => setting.rate >= 100),
      ({ group }) => `${group} at most`,
      ({ settledPerSecond }) => settledPerSecond,
    ),
    panel(
      'SYNC, 16 shards: time to settle, by conflicts that come from elsewhere',
      p99,
      byConflicts,
      ({ otherConflicts }) => `${otherConflicts * 100} %`,
      ({ p99: ms }) => ms,
    ),
  ]);
}

function panel(
  title: string,
  { y, from, to }: { y: string; from: number; to: number },
  runs: Run[],
  nameOf: (setting: Setting) => string,
  valueOf: (outcome: Outcome) => number,
): Panel {
  const byName = Map.groupBy(runs, ({ setting }) => nameOf(setting));
  return {
    title,
    x: { label: 'transfers that arrive in a second', from: 10, to: 10_000 },
    y: { label: y, from, to },
    lines: [...byName].map(([name, some]) => ({
      name,
      points: some.map(({ setting, outcome }): [number, number] => [setting.rate, valueOf(outcome)]),
    })),
  };
}

/** One line per run, for a terminal. */
export function tableOf({ byShards, byGroup, byConflicts }: Runs): string {
  const head = [
    'shards',
    'group',
    'other',
    'arrive/s',
    'settle/s',
    'p50 ms',
    'p99 ms',
    'conflicts',
    'throttled',
    'failed',
  ];
  const rows = [...byShards, ...byGroup, ...byConflicts].map(({ setting, outcome }) => [
    String(setting.shards),
    String(setting.group),
    `${setting.otherConflicts * 100} %`,
    String(setting.rate),
    outcome.settledPerSecond.toFixed(0),
    outcome.p50.toFixed(0),
    outcome.p99.toFixed(0),
    outcome.conflicts.toFixed(2),
    outcome.throttled.toFixed(2),
    `${(outcome.failed * 100).toFixed(1)} %`,
  ]);
  return [head, ...rows].map((row) => row.map((cell) => cell.padStart(10)).join('')).join('\n');
}

/** What a house takes, by setting: the highest of the rates that were tried at which p99 stays below a time. */
export function summaryOf({ byShards, byGroup, byConflicts }: Runs): string {
  const all = [...byShards, ...byGroup, ...byConflicts.filter(({ setting }) => setting.otherConflicts > 0)];
  const bySetting = Map.groupBy(all, ({ setting: { shards, group, otherConflicts } }) =>
    [shards, group, `${otherConflicts * 100} %`].map((cell) => String(cell).padStart(8)).join(''),
  );
  const rows = [...bySetting].map(([name, some]) => {
    const within = (ms: number) =>
      some.filter(({ outcome }) => outcome.p99 < ms).map(({ setting }) => setting.rate);
    const cells = [
      Math.max(0, ...within(100)),
      Math.max(0, ...within(1_000)),
      Math.max(...some.map(({ outcome }) => outcome.settledPerSecond)),
    ];
    return name + cells.map((cell) => cell.toFixed(0).padStart(16)).join('');
  });
  return ['  shards   group   other   p99 < 100 ms at     p99 < 1 s at  settled/s, most', ...rows].join('\n');
}
