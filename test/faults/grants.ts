/** What a function's role in serverless.yml lets it ask of DynamoDB. */
import { readServerlessFile } from '../../dev/serverless-file.ts';
import { asList, at, getAtt } from '../../dev/template/template.ts';

/** `dynamodb:Query gatehouse-dev-ledger/index/byAccount` */
export type Grants = ReadonlySet<string>;

/** By the function's short name. @throws Error for a resource in another spelling than serverless.yml has. */
export function readGrants(stage: string): Record<string, Grants> {
  const { functions, resources } = readServerlessFile({ stage });
  const grants = Object.entries(functions).map(([name, { role }]) => {
    const policies = asList(resources.Resources[String(role)]?.Properties?.['Policies']);
    const statements = policies.flatMap((policy) => asList(at(policy, 'PolicyDocument', 'Statement')));
    const allowed = statements.filter((statement) => at(statement, 'Effect') === 'Allow');
    return [name, new Set(allowed.flatMap((statement) => granted(statement, tableName)))] as const;
  });
  return Object.fromEntries(grants);

  function tableName(logicalId: string): string {
    return String(resources.Resources[logicalId]?.Properties?.['TableName']);
  }
}

function granted(statement: unknown, tableName: (logicalId: string) => string): string[] {
  const actions = asList(at(statement, 'Action')).map(String);
  return actions
    .filter((action) => action.startsWith('dynamodb:'))
    .flatMap((action) =>
      asList(at(statement, 'Resource')).map((resource) => `${action} ${resourceName(resource, tableName)}`),
    );
}

function resourceName(resource: unknown, tableName: (logicalId: string) => string): string {
  const attribute = at(resource, 'Fn::GetAtt');
  if (attribute !== undefined) return tableName(getAtt(attribute)[0]);
  const match = /^\$\{(\w+)\.Arn\}(.*)$/.exec(String(at(resource, 'Fn::Sub')));
  if (!match) throw new Error(`A resource of DynamoDB is spelt ${JSON.stringify(resource)}.`);
  return `${tableName(match[1]!)}${match[2]}`;
}
