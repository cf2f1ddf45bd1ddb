import type { EmfLine } from '../../vendors/log/emf.ts';
import type { CallRecord } from './call-log.ts';

/** The metrics of one call, by service. */
export function metricLine(call: CallRecord): EmfLine {
  const { service, account, operation, method, status, code, upstreamStatus, requestId, cached, stale } =
    call;
  return {
    at: Date.parse(call.at),
    dimensions: [['service']],
    metrics: {
      calls: { unit: 'Count', value: 1 },
      // A third party's 4xx is not an error of the call; an error code or a 5xx is.
      errors: { unit: 'Count', value: code !== undefined || status >= 500 ? 1 : 0 },
      duration: { unit: 'Milliseconds', value: call.durationMs },
      attempts: { unit: 'Count', value: call.attempts },
    },
    fields: { service, account, operation, method, status, code, upstreamStatus, requestId, cached, stale },
  };
}
