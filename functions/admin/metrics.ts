import { MetricsQuery, QuotaHistoryQuery, WhatIfQuery } from '../../lib/api/metric-schemas.ts';
import { parseQuery } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import { pastUse, whatIf } from '../../lib/calls/guard/past-use.ts';
import { invalid } from '../../lib/runtime/field-errors.ts';
import { viewOf } from '../../lib/watch/metrics/minute.ts';
import type { Minutes } from '../../lib/watch/metrics/minute.ts';
import { requireService } from './accounts.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Some 4 MB, of the 6 that Lambda carries. */
const MOST_MINUTES = 15_000;

/** What was, and what would have been. */
export const metrics = {
  async listMetrics(request, deps) {
    const { service, ...range } = parseQuery(MetricsQuery, request);
    const codes =
      service === undefined
        ? (await deps.registry.list()).map(({ definition }) => definition.code).sort()
        : [(await requireService(deps, service)).definition.code];
    const minutes = rangeOf(range, HOUR_MS, deps);
    const items: ReturnType<typeof viewOf>[] = [];
    for (const code of codes)
      for await (const minute of deps.metrics.minutes(code, minutes)) {
        if (items.length === MOST_MINUTES)
          throw invalid(
            'from',
            `to \`to\` has more than ${MOST_MINUTES} minutes: ask for less, or one service`,
          );
        items.push(viewOf(minute));
      }
    return json(200, { items });
  },

  async getQuotaHistory(request, deps) {
    const { by, ...range } = parseQuery(QuotaHistoryQuery, request);
    const { definition } = await requireService(deps, request.params['code']!);
    const minutes = rangeOf(range, by === 'hour' ? DAY_MS : 30 * DAY_MS, deps);
    const uses = await pastUse(definition, by, minutes, deps.pastUse);
    return json(200, { items: uses.map((use) => ({ ...use, from: new Date(use.from).toISOString() })) });
  },

  async getQuotaWhatIf(request, deps) {
    const { type, limit, ...range } = parseQuery(WhatIfQuery, request);
    const { definition } = await requireService(deps, request.params['code']!);
    return json(200, await whatIf(definition, { type, limit }, rangeOf(range, DAY_MS, deps), deps.pastUse));
  },
} satisfies Partial<AdminHandlers>;

/** @param back how long before its end it begins, where that is not said, milliseconds */
function rangeOf(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  back: number,
  { clock }: AdminDeps,
): Minutes {
  const end = to === undefined ? clock.now() : Date.parse(to);
  const begin = from === undefined ? end - back : Date.parse(from);
  if (begin >= end) throw invalid('from', 'lies in the future');
  return { from: begin, to: end };
}
