import { readServerlessFile } from '../serverless-file.ts';
import { askAws, except } from './aws-json.ts';
import type { AwsTarget } from './aws-json.ts';

interface TableProperties {
  TableName: string;
  StreamSpecification?: { StreamViewType: string };
  TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
  [property: string]: unknown;
}

/** Properties CloudFormation and CreateTable spell alike. The others (backups, protection) mean nothing here. */
const CREATE = [
  'TableName',
  'AttributeDefinitions',
  'KeySchema',
  'BillingMode',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
];

/** Creates the tables serverless.yml declares and that are missing; leaves existing ones as they are. */
export async function createTables(target: AwsTarget, stage: string): Promise<void> {
  await Promise.all(declaredTables(stage).map((table) => createTable(target, table)));
}

/** Deletes a stage's tables; a missing one is not an error. */
export async function deleteTables(target: AwsTarget, stage: string): Promise<void> {
  await Promise.all(
    declaredTables(stage).map(({ TableName }) =>
      ask(target, 'DeleteTable', { TableName }).catch(except('ResourceNotFoundException')),
    ),
  );
}

function declaredTables(stage: string): TableProperties[] {
  return Object.values(readServerlessFile({ stage }).resources.Resources)
    .filter((resource) => resource.Type === 'AWS::DynamoDB::Table')
    .map((resource) => resource.Properties as TableProperties);
}

async function createTable(target: AwsTarget, table: TableProperties): Promise<void> {
  const { StreamSpecification: stream, TimeToLiveSpecification: ttl, TableName } = table;
  const shared = Object.fromEntries(CREATE.filter((key) => key in table).map((key) => [key, table[key]]));
  try {
    await ask(target, 'CreateTable', {
      ...shared,
      StreamSpecification: stream && { ...stream, StreamEnabled: true },
    });
  } catch (error) {
    return except('ResourceInUseException')(error);
  }
  if (ttl) {
    await ask(target, 'UpdateTimeToLive', { TableName, TimeToLiveSpecification: ttl });
  }
}

const ask = (target: AwsTarget, action: string, input: object) =>
  askAws(target, 'dynamodb', `DynamoDB_20120810.${action}`, input);
