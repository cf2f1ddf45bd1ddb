/** Operations: logs expire, failures are kept and noticed, money survives a mistake, no secret is in plain text. */
import { asList, asText, at, ofType, referenced } from './template.ts';
import type { Fault, Resource, Template } from './template.ts';

const ALARMS = ['Errors', 'Throttles'];
/** Tables by the end of their name. */
const KEPT_FOR_EVER = /-(?:registry|ledger|users|events|audit)$/;
const EXPIRING = /-(?:records|idempotency|events)$/;
/** Functions that slow platforms must not starve, and the one that calls platforms: it must not take all. */
const RESERVING = /-(?:webhook|authorizer|keepalive|settle|proxy)$/;
/** Of an account's usual 1,000, Lambda insists that 100 stay unreserved. */
const MOST_RESERVED = 900;

export function checkOperations(template: Template): Fault[] {
  const functions = ofType(template, 'AWS::Lambda::Function');
  return [
    ...functions.flatMap(([id, resource]) => checkFunction(template, id, resource)),
    ...sharedRoles(functions),
    ...checkConcurrency(functions),
    ...checkRetention(template),
    ...checkLogs(template),
    ...checkTables(template),
    ...checkStreams(template),
  ];
}

function checkFunction(template: Template, where: string, { Properties: fn }: Resource): Fault[] {
  const faults: Fault[] = [];
  const expect = (holds: boolean, what: string) => void (holds || faults.push({ where, what }));
  const role = template.Resources[referenced(fn['Role']) ?? ''];
  expect(role?.Type === 'AWS::IAM::Role', 'has no role of this template');
  expect(at(fn, 'TracingConfig', 'Mode') === 'Active', 'is not traced');
  expect(fn['Runtime'] === 'nodejs24.x', 'does not run on Node 24');
  expect(JSON.stringify(fn['Architectures']) === '["arm64"]', 'does not run on arm64');
  const logs = ofType(template, 'AWS::Logs::LogGroup').map(([, group]) =>
    asText(group.Properties['LogGroupName']),
  );
  expect(logs.includes(`/aws/lambda/${asText(fn['FunctionName'])}`), 'has no log group with a retention');
  for (const metric of ALARMS) expect(hasAlarm(template, where, metric), `has no alarm on ${metric}`);
  expect(hasSlowAlarm(template, where, Number(fn['Timeout'])), 'has no alarm near its time limit');
  if (isAsynchronous(template, where)) expect(keepsFailures(template, where), 'loses events that fail');
  for (const [name, value] of Object.entries(at(fn, 'Environment', 'Variables') ?? {})) {
    if (!/TOKEN|SECRET|PASSWORD|_KEY$/.test(name)) continue;
    expect(asText(value).startsWith('{{resolve:secretsmanager:'), `has ${name} in plain text`);
  }
  return faults;
}

const hasAlarm = (template: Template, functionId: string, metric: string): boolean =>
  alarmsOf(template, functionId, metric).length > 0;

/** Between half and all of the function's time: earlier it rings for nothing, later never. */
function hasSlowAlarm(template: Template, functionId: string, timeoutS: number): boolean {
  return alarmsOf(template, functionId, 'Duration').some(({ ExtendedStatistic, Threshold }) => {
    const share = Number(Threshold) / (timeoutS * 1_000);
    return ExtendedStatistic === 'p99' && share >= 0.5 && share < 1;
  });
}

/** Of a function's own metric, and somebody is told. */
function alarmsOf(template: Template, functionId: string, metric: string): Resource['Properties'][] {
  return ofType(template, 'AWS::CloudWatch::Alarm')
    .map(([, { Properties }]) => Properties)
    .filter(
      ({ MetricName, Dimensions, AlarmActions }) =>
        MetricName === metric &&
        asList(AlarmActions).length > 0 &&
        asList(Dimensions).some((dimension) => referenced(at(dimension, 'Value')) === functionId),
    );
}

/** Called by EventBridge or in the background: no caller sees a failure, so it must be kept. */
function isAsynchronous(template: Template, functionId: string): boolean {
  return ofType(template, 'AWS::Events::Rule').some(([, rule]) =>
    ((rule.Properties['Targets'] ?? []) as unknown[]).some(
      (target) => referenced(at(target, 'Arn')) === functionId,
    ),
  );
}

function keepsFailures(template: Template, functionId: string): boolean {
  return ofType(template, 'AWS::Lambda::EventInvokeConfig').some(([, { Properties: config }]) => {
    const queue = referenced(at(config, 'DestinationConfig', 'OnFailure', 'Destination')) ?? '';
    return (
      referenced(config['FunctionName']) === functionId &&
      template.Resources[queue]?.Type === 'AWS::SQS::Queue'
    );
  });
}

function sharedRoles(functions: [string, Resource][]): Fault[] {
  const seen = new Set<string>();
  return functions.flatMap(([where, fn]) => {
    const role = referenced(fn.Properties['Role']) ?? where;
    if (seen.has(role)) return [{ where, what: `shares the role ${role}` }];
    seen.add(role);
    return [];
  });
}

function checkConcurrency(functions: [string, Resource][]): Fault[] {
  const reserved = functions.map(([where, { Properties: fn }]) => ({
    where,
    mustReserve: RESERVING.test(asText(fn['FunctionName'])),
    share: Number(fn['ReservedConcurrentExecutions'] ?? 0),
  }));
  const faults = reserved
    .filter(({ mustReserve, share }) => mustReserve && share <= 0)
    .map(({ where }) => ({ where, what: 'reserves no concurrency' }));
  const sum = reserved.reduce((total, { share }) => total + share, 0);
  if (sum > MOST_RESERVED) faults.push({ where: 'functions', what: `reserve ${sum} of ${MOST_RESERVED}` });
  return faults;
}

/** `Retain` keeps what a failed first deployment made, and its fixed name then blocks the next one. */
function checkRetention({ Resources: resources }: Template): Fault[] {
  return Object.entries(resources).flatMap(([where, { DeletionPolicy, UpdateReplacePolicy }]) => {
    if (DeletionPolicy === 'Retain') return [{ where, what: 'stays when its creation is rolled back' }];
    const kept = DeletionPolicy === 'RetainExceptOnCreate';
    return kept && UpdateReplacePolicy !== 'Retain'
      ? [{ where, what: 'is deleted when it is replaced' }]
      : [];
  });
}

function checkLogs(template: Template): Fault[] {
  return ofType(template, 'AWS::Logs::LogGroup')
    .filter(([, group]) => typeof group.Properties['RetentionInDays'] !== 'number')
    .map(([where]) => ({ where, what: 'keeps its logs for ever' }));
}

function checkTables(template: Template): Fault[] {
  const faults: Fault[] = [];
  for (const [where, { Properties: table, DeletionPolicy }] of ofType(template, 'AWS::DynamoDB::Table')) {
    const expect = (holds: boolean, what: string) => void (holds || faults.push({ where, what }));
    const name = asText(table['TableName']);
    expect(table['BillingMode'] === 'PAY_PER_REQUEST', 'is not paid per request');
    expect(KEPT_FOR_EVER.test(name) || EXPIRING.test(name), 'is neither kept for ever nor expiring');
    if (KEPT_FOR_EVER.test(name)) {
      const recovery = at(table, 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled');
      expect(recovery === true, 'has no point-in-time recovery');
      expect(table['DeletionProtectionEnabled'] === true, 'has no deletion protection');
      expect(DeletionPolicy === 'RetainExceptOnCreate', 'is deleted with the stack');
    }
    if (EXPIRING.test(name)) {
      expect(at(table, 'TimeToLiveSpecification', 'Enabled') === true, 'never expires anything');
    }
  }
  return faults;
}

function checkStreams(template: Template): Fault[] {
  return ofType(template, 'AWS::Lambda::EventSourceMapping')
    .filter(([, mapping]) => at(mapping.Properties, 'DestinationConfig', 'OnFailure') === undefined)
    .map(([where]) => ({ where, what: 'loses batches that fail' }));
}
