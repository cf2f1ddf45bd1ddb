/** The template's alarms, and which of them would ring for what the product has written. */
import { runInNewContext } from 'node:vm';
import { readServerlessFile } from '../dev/serverless-file.ts';
import { asList, at, referenced } from '../dev/template/template.ts';

export interface Alarm {
  name: string;
  /** CloudFormation's properties. */
  properties: Record<string, unknown>;
}

type MetricLine = Record<string, unknown>;

/** `name` without the stage's prefix. @param stage whose functions' names the alarms watch */
export function readAlarms(stage: string): Alarm[] {
  const { service, resources } = readServerlessFile({ stage, env: {} });
  const prefix = `${service}-${stage}-`;
  return Object.values(resources.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties = {} }) => ({
      name: String(Properties['AlarmName']).replace(prefix, ''),
      properties: Properties,
    }));
}

/** Names of alarms over our own metrics whose condition holds for these lines, taken as one period. */
export function ringing(stage: string, lines: readonly MetricLine[]): string[] {
  const prefix = `gatehouse-${stage}-`;
  return readAlarms(stage)
    .filter(({ properties }) => isBeyond(properties, valueOf(properties, lines, prefix)))
    .map(({ name }) => name);
}

function valueOf(
  alarm: Record<string, unknown>,
  lines: readonly MetricLine[],
  prefix: string,
): number | undefined {
  if (alarm['Namespace'] === 'Gatehouse') {
    const { MetricName, Dimensions, Statistic } = alarm;
    return statistic(MetricName, Dimensions, Statistic, lines, prefix);
  }
  const metrics = asList(alarm['Metrics']);
  const ours = metrics.filter((one) => at(one, 'MetricStat', 'Metric', 'Namespace') === 'Gatehouse');
  const expression = metrics.map((one) => at(one, 'Expression')).find((one) => one !== undefined);
  if (ours.length === 0 || typeof expression !== 'string') return undefined;
  const values = ours.map((one) => {
    const stat = at(one, 'MetricStat');
    const metric = at(stat, 'Metric');
    const value = statistic(
      at(metric, 'MetricName'),
      at(metric, 'Dimensions'),
      at(stat, 'Stat'),
      lines,
      prefix,
    );
    return [String(at(one, 'Id')), value];
  });
  // CloudWatch's metric math, as far as the template uses it.
  const math = {
    IF: (holds: boolean, then: number, otherwise: number) => (holds ? then : otherwise),
    FILL: (value: number | undefined, otherwise: number) => value ?? otherwise,
  };
  return Number(runInNewContext(expression, { ...math, ...(Object.fromEntries(values) as object) }));
}

/** As CloudWatch does: a line counts for a metric where it names exactly these dimensions, with these values. */
function statistic(
  metric: unknown,
  dimensions: unknown,
  stat: unknown,
  lines: readonly MetricLine[],
  prefix: string,
): number | undefined {
  const wanted = asList(dimensions).map(
    (one) => [String(at(one, 'Name')), textOf(at(one, 'Value'), prefix)] as const,
  );
  const names = wanted
    .map(([name]) => name)
    .toSorted()
    .join();
  const values = lines
    .filter((line) => {
      const [directive] = asList(at(line, '_aws', 'CloudWatchMetrics'));
      const sets = asList(at(directive, 'Dimensions')).map((set) =>
        asList(set).map(String).toSorted().join(),
      );
      const isDeclared = asList(at(directive, 'Metrics')).some((one) => at(one, 'Name') === metric);
      return isDeclared && sets.includes(names) && wanted.every(([name, value]) => line[name] === value);
    })
    .map((line) => Number(line[String(metric)]));
  if (values.length === 0) return undefined;
  return stat === 'Maximum' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
}

/** `!Ref WebhookLambdaFunction` is the function's name. */
function textOf(value: unknown, prefix: string): string {
  const id = referenced(value);
  return id === undefined ? String(value) : prefix + id.replace(/LambdaFunction$/, '').toLowerCase();
}

function isBeyond(
  { Threshold, ComparisonOperator }: Record<string, unknown>,
  value: number | undefined,
): boolean {
  return value !== undefined && ComparisonOperator === 'GreaterThanThreshold' && value > Number(Threshold);
}
