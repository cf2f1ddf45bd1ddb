import type { CallRecord } from './call-log.ts';

/**
 * One line of CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics by service, and
 * that Logs Insights can search by the other fields.
 * Source: "Embedded metric format specification", Amazon CloudWatch user guide.
 */
export function metricLine(call: CallRecord): string {
  const { service, operation, method, status, code, upstreamStatus, requestId, cached, stale } = call;
  return JSON.stringify({
    _aws: {
      Timestamp: Date.parse(call.at),
      CloudWatchMetrics: [
        {
          Namespace: 'Gatehouse',
          Dimensions: [['service']],
          Metrics: [
            { Name: 'calls', Unit: 'Count' },
            { Name: 'errors', Unit: 'Count' },
            { Name: 'duration', Unit: 'Milliseconds' },
            { Name: 'attempts', Unit: 'Count' },
          ],
        },
      ],
    },
    service,
    calls: 1,
    // A third party's 4xx is not an error of the call; an error code or a 5xx is.
    errors: code !== undefined || status >= 500 ? 1 : 0,
    duration: call.durationMs,
    attempts: call.attempts,
    operation,
    method,
    status,
    code,
    upstreamStatus,
    requestId,
    cached,
    stale,
  });
}
