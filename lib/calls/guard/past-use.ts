/** What the quotas of a service have counted in the past, and what a limit would have made of it. */
import type { MetricsStore } from '../../watch/metrics/store.ts';
import { minuteOf } from '../../watch/metrics/minute.ts';
import type { Minutes } from '../../watch/metrics/minute.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Quota, QuotaType } from '../definition.ts';
import { eachCall, isForQuotas } from '../log/calls-in-time.ts';
import type { CallsDeps } from '../log/calls-in-time.ts';
import { createQuotaWindows } from './quota-window.ts';
import type { QuotaWindow } from './quota-window.ts';

export interface PastUseDeps extends CallsDeps {
  metrics: Pick<MetricsStore, 'use'>;
}

/** A service, as far as its past is asked for. */
interface Of {
  code: string;
  timezone: string;
}

/** One hour or day of the service's time zone. */
export interface WindowUse {
  /** When it began, milliseconds since the epoch. */
  from: number;
  /** Counted or refused. */
  calls: number;
  refused: number;
}

export interface WhatIf {
  calls: number;
  allowed: number;
  refused: number;
}

/** A month and more of hours, years of days. */
const MOST_WINDOWS = 1_000;
/** Of seconds there is no roll-up: each call is read. */
const MOST_CALLS = 20_000;

/**
 * Whole hours or days, those without a call too, from the one that `from` falls in.
 * @throws GatewayError `VALIDATION_FAILED` for more than 1,000.
 */
export async function pastUse(
  { code, timezone }: Of,
  by: 'hour' | 'day',
  range: Minutes,
  { metrics }: PastUseDeps,
): Promise<WindowUse[]> {
  const windowAt = windowsOf(by === 'hour' ? 'PER_HOUR' : 'PER_DAY', timezone);
  const windows = windowsIn(range, windowAt);
  const whole = { from: windows[0]!.start, to: windows.at(-1)!.end };
  const uses = new Map(windows.map(({ start }) => [start, { from: start, calls: 0, refused: 0 }]));
  for await (const { minute, counted, refused } of metrics.use(code, whole)) {
    const use = uses.get(windowAt(minute).start);
    if (!use) continue;
    use.calls += counted;
    use.refused += refused;
  }
  return [...uses.values()];
}

/**
 * What one limit, by itself, would have done to the calls of a time: all that were counted, or refused by a quota. A
 * window that the range cuts has only what lies in it.
 * @throws GatewayError `VALIDATION_FAILED`, `PER_SECOND` and more than 20,000 calls.
 */
export async function whatIf(
  service: Of,
  { type, limit }: Quota,
  range: Minutes,
  deps: PastUseDeps,
): Promise<WhatIf> {
  const windowAt = windowsOf(type, service.timezone);
  const windows = new Map<number, number>();
  const add = (at: number, calls: number) => {
    const { start } = windowAt(at);
    windows.set(start, (windows.get(start) ?? 0) + calls);
  };
  if (type === 'PER_SECOND') await addEachCall(service.code, range, deps, add);
  else for await (const { minute, counted } of deps.metrics.use(service.code, range)) add(minute, counted);
  const counts = [...windows.values()];
  const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
  const [calls, allowed] = [sum(counts), sum(counts.map((count) => Math.min(count, limit)))];
  return { calls, allowed, refused: calls - allowed };
}

const windowsOf = (type: QuotaType, timezone: string) => {
  const windowOf = createQuotaWindows();
  return (at: number): QuotaWindow => windowOf(type, timezone, at);
};

function windowsIn({ from, to }: Minutes, windowAt: (at: number) => QuotaWindow): QuotaWindow[] {
  const windows: QuotaWindow[] = [];
  for (let at = from; at < to; at = windows.at(-1)!.end) {
    if (windows.length === MOST_WINDOWS)
      throw invalid('from', 'is too long ago: at most 1,000 hours or days');
    windows.push(windowAt(at));
  }
  return windows;
}

async function addEachCall(
  code: string,
  range: Minutes,
  deps: PastUseDeps,
  add: (at: number, calls: number) => void,
): Promise<void> {
  let known = 0;
  const minutes = { from: minuteOf(range.from), to: range.to };
  for await (const { counted } of deps.metrics.use(code, minutes)) known += counted;
  if (known > MOST_CALLS)
    throw invalid('from', `to \`to\` has ${known} calls: by the second at most ${MOST_CALLS}, ask for less`);
  await eachCall(deps, code, range, (call) => {
    if (isForQuotas(call)) add(Date.parse(call.at), 1);
  });
}
