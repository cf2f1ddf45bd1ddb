/** What of the bill the template decides: counted in serverless.yml, so that it cannot be out of date. */
import { readServerlessFile } from '../serverless-file.ts';
import type { CloudFormationResource } from '../serverless-file.ts';

export interface TemplateFacts {
  functions: number;
  routes: number;
  schedules: number;
  /** An alarm that adds metrics up is paid for by each of them. */
  alarmMetrics: number;
  dashboards: number;
  secrets: number;
}

export function templateFacts(): TemplateFacts {
  const { functions, resources } = readServerlessFile({ stage: 'prod', env: {} });
  const events = Object.values(functions).flatMap(({ events: some }) => some ?? []);
  const ofType = (type: string) => Object.values(resources.Resources).filter(({ Type }) => Type === type);
  return {
    functions: Object.keys(functions).length,
    routes: events.filter((event) => 'httpApi' in event).length,
    schedules: events.filter((event) => 'schedule' in event).length,
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((total, alarm) => total + metricsOf(alarm), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
  };
}

function metricsOf({ Properties }: CloudFormationResource): number {
  const metrics = (Properties?.['Metrics'] ?? []) as { MetricStat?: unknown }[];
  return Math.max(1, metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
}
