import type { Clock, Deadline } from '../../lib/runtime/clock.ts';
import { isOpen } from '../../lib/watch/alerts/alert-state.ts';
import type { Alerts, AlertStore } from '../../lib/watch/alerts/alerts.ts';
import type { Minute } from '../../lib/watch/metrics/minute.ts';
import { dueMinutes, freshMinutes, nextDue, progressAfter } from '../../lib/watch/metrics/progress.ts';
import { isLookedAt, judge, judgedMinute, THRESHOLD_KINDS } from '../../lib/watch/metrics/thresholds.ts';
import type { Thresholds } from '../../lib/watch/metrics/thresholds.ts';
import type { MinuteTask } from './monitor.ts';
import { rollUp } from './roll-up.ts';
import type { RollUpDeps } from './roll-up.ts';

/** A service as far as it is watched. */
export interface WatchedService {
  definition: { code: string; monitor?: Thresholds | undefined };
}

export interface ServiceMetricsDeps extends RollUpDeps {
  services: () => Promise<readonly WatchedService[]>;
  alerts: Alerts;
  alertStore: Pick<AlertStore, 'list'>;
  clock: Clock;
}

/** For the step that is being taken when time is over. */
const STEP_MS = 15_000;
/** Steps of one run, of ten minutes each. */
const MOST_STEPS = 6;

/** Rolls up the minutes that have just ended, has people told of those beyond a threshold, and reads older ones once more. */
export const serviceMetrics = (deps: ServiceMetricsDeps): MinuteTask => ({
  name: 'service-metrics',
  async run({ deadline }) {
    const now = deps.clock.now();
    const services = await deps.services();
    const codes = services.map(({ definition }) => definition.code);
    const fresh = await rollUp(codes, freshMinutes(now), deps);
    await judgeNewest(services, fresh, now, deps);
    await readLast(codes, now, deadline, deps);
  },
});

async function judgeNewest(
  services: readonly WatchedService[],
  fresh: Minute[],
  now: number,
  { metrics, alerts, alertStore }: ServiceMetricsDeps,
): Promise<void> {
  const newest = judgedMinute(now);
  if (!(await metrics.claimJudging(newest))) return;
  const { items } = await alertStore.list({ limit: 1_000 });
  const open = new Map(
    items
      .filter((alert) => isOpen(alert) && THRESHOLD_KINDS.some((kind) => kind === alert.kind))
      .map((alert) => [`${alert.kind} ${alert.subject}`, alert]),
  );
  for (const { definition } of services) {
    const { code, monitor } = definition;
    const minute = fresh.find((one) => one.service === code && one.minute === newest);
    if (!monitor) continue;
    const judged = minute && isLookedAt(newest, monitor) ? judge(minute, monitor) : [];
    for (const judgement of judged) {
      if (!judgement.holds) await alerts.raise(judgement.alert);
      else if (open.has(`${judgement.kind} ${code}`)) await alerts.resolve(judgement.kind, code);
    }
    for (const kind of THRESHOLD_KINDS) open.delete(`${kind} ${code}`);
  }
  // What has no thresholds any more, or is no service.
  for (const { kind, subject } of open.values()) await alerts.resolve(kind, subject);
}

async function readLast(
  codes: readonly string[],
  now: number,
  deadline: Deadline,
  deps: ServiceMetricsDeps,
): Promise<void> {
  const { metrics, clock } = deps;
  const before = await metrics.progress();
  let left = dueMinutes(before, now);
  for (let steps = 0; steps < MOST_STEPS && clock.now() < deadline.at - STEP_MS; steps += 1) {
    const next = nextDue(left);
    if (!next) break;
    await rollUp(codes, next.step, deps);
    ({ left } = next);
  }
  await metrics.keepProgress(progressAfter(before, left, now));
}
