/** May the policy of docs/users/deploy.md make what the template holds, and nothing else? */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asList, asText, at } from './template.ts';
import type { Fault, Template } from './template.ts';

const POLICY = join(import.meta.dirname, '..', '..', 'docs', 'users', 'deployer-policy.json');

/** Statements of the policy, by their `Sid`, that a resource of a type needs to be made, changed and deleted. */
const NEEDS: Record<string, readonly string[]> = {
  'AWS::ApiGatewayV2::Api': ['Api'],
  'AWS::ApiGatewayV2::Authorizer': ['Api'],
  'AWS::ApiGatewayV2::Integration': ['Api'],
  'AWS::ApiGatewayV2::Route': ['Api'],
  'AWS::ApiGatewayV2::Stage': ['Api', 'AccessLogOfTheApi'],
  'AWS::CloudWatch::Alarm': ['Alarms'],
  'AWS::CloudWatch::Dashboard': ['Dashboard'],
  'AWS::DynamoDB::Table': ['Tables'],
  'AWS::Events::Rule': ['Schedules'],
  'AWS::IAM::Role': ['Roles'],
  'AWS::Lambda::EventInvokeConfig': ['Functions'],
  'AWS::Lambda::EventSourceMapping': ['StreamsOfFunctions'],
  'AWS::Lambda::Function': ['Functions', 'RolesForLambdaOnly'],
  'AWS::Lambda::Permission': ['Functions'],
  'AWS::Logs::LogGroup': ['Logs'],
  'AWS::S3::Bucket': ['DeploymentBucket'],
  'AWS::S3::BucketPolicy': ['DeploymentBucket'],
  'AWS::SNS::Topic': ['AlarmTopic'],
  'AWS::SQS::Queue': ['DeadLetters'],
  'AWS::SecretsManager::Secret': ['Secrets', 'PasswordsOfSecrets'],
};

/** The stack itself. */
const ALWAYS = ['Stack', 'TemplateHasNoName'];

/** Where AWS knows no resource to name. */
const WITHOUT_RESOURCE = new Set([
  'TemplateHasNoName',
  'StreamsOfFunctions',
  'AccessLogOfTheApi',
  'PasswordsOfSecrets',
]);

export function checkDeployer(template: Template, policy = readDeployerPolicy()): Fault[] {
  const statements = new Map(asList(at(policy, 'Statement')).map((one) => [asText(at(one, 'Sid')), one]));
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  const unknown = [...types].filter((type) => !(type in NEEDS));
  const needed = new Set([...ALWAYS, ...[...types].flatMap((type) => NEEDS[type] ?? [])]);
  return [
    ...unknown.map((where) => ({ where, what: 'is not known to the policy of who deploys (deployer.ts)' })),
    ...[...needed]
      .filter((sid) => !statements.has(sid))
      .map((where) => ({ where, what: 'is missing in docs/users/deployer-policy.json' })),
    ...[...statements.keys()]
      .filter((sid) => !needed.has(sid))
      .map((where) => ({ where, what: 'of docs/users/deployer-policy.json is needed by nothing' })),
    ...[...statements].flatMap(([sid, statement]) => checkScope(sid, statement)),
  ];
}

/** Every resource bears the stage's name, and no action is a pattern. */
function checkScope(where: string, statement: unknown): Fault[] {
  const actions = asList(at(statement, 'Action')).map(asText);
  const resources = asList(at(statement, 'Resource')).map(asText);
  const isNamed = (resource: string) =>
    /gatehouse[-/]STAGE/.test(resource) || resource.startsWith('arn:aws:apigateway:REGION::/');
  return [
    ...actions
      .filter((action) => action.includes('*'))
      .map((action) => ({ where, what: `allows ${action}` })),
    ...(WITHOUT_RESOURCE.has(where) ? [] : resources.filter((resource) => !isNamed(resource))).map(
      (resource) => ({
        where,
        what: `allows ${resource}, which is not the stage's own`,
      }),
    ),
  ];
}

function readDeployerPolicy(): unknown {
  return JSON.parse(readFileSync(POLICY, 'utf8'));
}
