export interface EmfLine {
  /** Milliseconds since the epoch. */
  at: number;
  /** Sets of names of `fields`: CloudWatch counts the metrics once per set and value. */
  dimensions: string[][];
  metrics: Record<string, { unit: 'Count' | 'Milliseconds'; value: number }>;
  /** Dimensions, and what else Logs Insights may search by. */
  fields: Record<string, string | number | boolean | undefined>;
}

/**
 * One line of CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics.
 * Source: "Embedded metric format specification", Amazon CloudWatch user guide.
 */
export function emfLine({ at, dimensions, metrics, fields }: EmfLine): string {
  const entries = Object.entries(metrics);
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: 'Gatehouse',
          Dimensions: dimensions,
          Metrics: entries.map(([name, { unit }]) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...fields,
    ...Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
  });
}
