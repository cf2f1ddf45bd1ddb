/** The tables that serverless.yml declares. */
import { readServerlessFile } from '../../serverless-file.ts';
import type { IndexSchema, KeySchema, TableSchema } from './table.ts';

interface DeclaredKey {
  AttributeName: string;
  KeyType: 'HASH' | 'RANGE';
}

interface DeclaredTable {
  TableName: string;
  KeySchema: DeclaredKey[];
  StreamSpecification?: object;
  GlobalSecondaryIndexes?: {
    IndexName: string;
    KeySchema: DeclaredKey[];
    Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
  }[];
}

const keyOf = (declared: DeclaredKey[]): KeySchema => ({
  partition: declared.find(({ KeyType }) => KeyType === 'HASH')!.AttributeName,
  sort: declared.find(({ KeyType }) => KeyType === 'RANGE')?.AttributeName,
});

export function declaredTables(stage: string): TableSchema[] {
  return Object.values(readServerlessFile({ stage }).resources.Resources)
    .filter(({ Type }) => Type === 'AWS::DynamoDB::Table')
    .map(({ Properties }) => schemaOf(Properties as unknown as DeclaredTable));
}

function schemaOf(table: DeclaredTable): TableSchema {
  const key = keyOf(table.KeySchema);
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => {
    const own = keyOf(KeySchema);
    const keys = [own.partition, own.sort, key.partition, key.sort].filter((name) => name !== undefined);
    const attributes =
      Projection.ProjectionType === 'ALL'
        ? undefined
        : [...new Set([...keys, ...(Projection.NonKeyAttributes ?? [])])];
    return [IndexName, { ...own, attributes } satisfies IndexSchema] as const;
  });
  return {
    name: table.TableName,
    key,
    indexes: Object.fromEntries(indexes),
    hasStream: table.StreamSpecification !== undefined,
  };
}
