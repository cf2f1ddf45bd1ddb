/** Queries and scans: one page of what a table, or an index of it, held at a moment. */
import { compare, equal } from './attributes.ts';
import type { Attributes, AttributeValue } from './attributes.ts';
import { holds, nameOf } from './evaluate.ts';
import type { Words } from './evaluate.ts';
import type { Condition } from './expression.ts';
import { parseCondition } from './parse.ts';
import { invalid } from './refused.ts';
import { wordsOf } from './request.ts';
import type { Input } from './request.ts';
import type { IndexSchema, Table } from './table.ts';

const NOTHING = { tree: undefined, references: [] as string[] };

export function query(table: Table, input: Input, asOf: number): Record<string, unknown> {
  const where = parseCondition(input.KeyConditionExpression ?? '');
  const filter = input.FilterExpression === undefined ? NOTHING : parseCondition(input.FilterExpression);
  const words = wordsOf(input, [...where.references, ...filter.references]);
  const index = indexOf(table, input.IndexName);
  const partition = partitionIn(where.tree, index, words);
  const found = itemsOf(table, table.candidates(input.IndexName, partition), asOf).filter(
    (item) => isIn(item, index) && equal(item[index.partition]!, partition) && holds(where.tree, item, words),
  );
  const order = input.ScanIndexForward === false ? -1 : 1;
  const sorted = found.sort((a, b) => order * inOrder(a, b, index, table));
  return page(sorted, (a, b) => order * inOrder(a, b, index, table), {
    table,
    input,
    index,
    words,
    filter: filter.tree,
  });
}

export function scan(table: Table, input: Input, asOf: number): Record<string, unknown> {
  if (input.IndexName !== undefined) throw new Error('The simulated DynamoDB scans no index.');
  const filter = input.FilterExpression === undefined ? NOTHING : parseCondition(input.FilterExpression);
  const words = wordsOf(input, filter.references);
  const rows = new Map(itemsOf(table, table.rows(), asOf).map((item) => [item, table.rowOf(item)]));
  const before = (a: Attributes, b: Attributes) =>
    (rows.get(a) ?? table.rowOf(a)) < (rows.get(b) ?? table.rowOf(b)) ? -1 : 1;
  const index = { ...table.schema.key };
  return page([...rows.keys()].sort(before), before, { table, input, index, words, filter: filter.tree });
}

function itemsOf(table: Table, rows: Iterable<string>, asOf: number): Attributes[] {
  return [...rows].map((row) => table.read(row, asOf)).filter((item) => item !== undefined);
}

function indexOf(table: Table, name: string | undefined): IndexSchema {
  const index = name === undefined ? table.schema.key : table.schema.indexes[name];
  if (!index) throw invalid(`The table does not have the specified index: ${name}`);
  return index;
}

const isIn = (item: Attributes, { partition, sort }: IndexSchema): boolean =>
  item[partition] !== undefined && (sort === undefined || item[sort] !== undefined);

/** A key condition names the partition by `=`, alone or in an `AND`. */
function partitionIn(where: Condition, index: IndexSchema, words: Words): AttributeValue {
  const parts = where.is === 'and' ? where.parts : [where];
  for (const part of parts) {
    if (
      part.is !== 'compare' ||
      part.comparator !== '=' ||
      part.left.is !== 'path' ||
      part.right.is !== 'value'
    )
      continue;
    if (nameOf(String(part.left.path[0]), words) === index.partition) return words.values[part.right.name]!;
  }
  throw invalid(`Query condition missed key schema element: ${index.partition}`);
}

function inOrder(a: Attributes, b: Attributes, { sort }: IndexSchema, table: Table): number {
  const bySort = sort === undefined ? 0 : (compare(a[sort]!, b[sort]!) ?? 0);
  if (bySort !== 0) return bySort;
  const [one, other] = [table.rowOf(a), table.rowOf(b)];
  return one < other ? -1 : Number(one > other);
}

interface Paging {
  table: Table;
  input: Input;
  index: IndexSchema;
  words: Words;
  filter: Condition | undefined;
}

function page(
  items: Attributes[],
  order: (a: Attributes, b: Attributes) => number,
  { table, input, index, words, filter }: Paging,
): Record<string, unknown> {
  const { ExclusiveStartKey: start, Limit: limit = Number.POSITIVE_INFINITY } = input;
  // After its place, whether the item is still there or not.
  const rest = start ? items.filter((item) => !isSame(item, start, table) && order(item, start) > 0) : items;
  const looked = rest.slice(0, limit);
  const kept = looked.filter((item) => !filter || holds(filter, item, words));
  const last = looked.length === limit ? looked.at(-1) : undefined;
  return {
    Items: kept.map((item) => projected(item, index)),
    Count: kept.length,
    ScannedCount: looked.length,
    ...(last && { LastEvaluatedKey: positionOf(last, index, table) }),
  };
}

const isSame = (item: Attributes, start: Attributes, table: Table) =>
  table.rowOf(item) === table.rowOf(start);

function projected(item: Attributes, { attributes }: IndexSchema): Attributes {
  if (!attributes) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
}

function positionOf(item: Attributes, index: IndexSchema, { schema: { key } }: Table): Attributes {
  const names = [key.partition, key.sort, index.partition, index.sort].filter((name) => name !== undefined);
  return Object.fromEntries(names.map((name) => [name, item[name]!]));
}
