/** DynamoDB in memory: what a request does, all of it at one moment. When it does so, and what goes wrong, is wire.ts. */
import type { Attributes } from './attributes.ts';
import { storedAttributes } from './attributes.ts';
import { holds, updated } from './evaluate.ts';
import type { Words } from './evaluate.ts';
import type { Condition, UpdateExpression } from './expression.ts';
import { parseCondition, parseUpdate } from './parse.ts';
import { query, scan } from './reads.ts';
import { cancelled, conditionFailed, invalid, Refused } from './refused.ts';
import type { Reason, Reply } from './refused.ts';
import { refuseUnknown, wordsOf } from './request.ts';
import type { BatchGet, Input, PutRequest, Request, TransactItem } from './request.ts';
import { Table } from './table.ts';
import type { TableSchema } from './table.ts';

/** What one write did to one item. */
export interface Change {
  table: string;
  key: Attributes;
  before: Attributes | undefined;
  after: Attributes | undefined;
}

/** Writes that became true together. */
export interface Commit {
  /** Milliseconds since the epoch. */
  at: number;
  changes: Change[];
}

type Kind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';

interface Planned {
  table: Table;
  row: string;
  before: Attributes | undefined;
  after: Attributes | undefined;
  kind: Kind;
}

/** DynamoDB remembers the tokens of transactions so long, milliseconds. */
const TOKEN_MS = 600_000;

export class Database {
  readonly #tables: Map<string, Table>;
  readonly #tokens = new Map<string, number>();
  readonly #onCommit: (commit: Commit) => void;

  constructor(schemas: TableSchema[], onCommit: (commit: Commit) => void = () => {}) {
    this.#tables = new Map(schemas.map((schema) => [schema.name, new Table(schema)]));
    this.#onCommit = onCommit;
  }

  table(name: string): Table {
    const table = this.#tables.get(name);
    if (!table) throw new Refused('ResourceNotFoundException', `Requested resource not found: ${name}`);
    return table;
  }

  /** @param behindMs how far the replica is behind that answers reads which allow it. */
  request(request: Request, at: number, behindMs = 0): Reply {
    refuseUnknown(request);
    try {
      return { status: 200, body: this.#answer(request, at, behindMs) };
    } catch (error) {
      if (error instanceof SyntaxError) return invalid(error.message).reply;
      if (error instanceof Refused) return error.reply;
      throw error;
    }
  }

  #answer({ action, input }: Request, at: number, behindMs: number): Record<string, unknown> {
    const asOf = input.ConsistentRead ? at : at - behindMs;
    switch (action) {
      case 'GetItem':
        return this.#get(input, asOf);
      case 'Query':
        return query(this.table(input.TableName), input, asOf);
      case 'Scan':
        return scan(this.table(input.TableName), input, asOf);
      case 'BatchGetItem':
        return this.#batchGet(input, at, behindMs);
      case 'BatchWriteItem':
        return this.#batchWrite(input, at);
      case 'TransactGetItems':
        return { Responses: (input.TransactItems ?? []).map(({ Get: get }) => this.#get(get!, at)) };
      case 'TransactWriteItems':
        return this.#transact(input, at);
      default:
        return this.#write(action.replace('Item', '') as Kind, input, at);
    }
  }

  #get({ TableName, Key }: Input, asOf: number): Record<string, unknown> {
    const table = this.table(TableName);
    const item = table.read(table.rowOf(Key!), asOf);
    return item ? { Item: item } : {};
  }

  #batchGet({ RequestItems = {} }: Input, at: number, behindMs: number): Record<string, unknown> {
    const found = Object.entries(RequestItems).map(([name, batch]) => {
      const { Keys, ConsistentRead } = batch as BatchGet;
      const table = this.table(name);
      const asOf = ConsistentRead ? at : at - behindMs;
      return [name, Keys.flatMap((key) => table.read(table.rowOf(key), asOf) ?? [])];
    });
    return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
  }

  /** Each write by itself. */
  #batchWrite({ RequestItems = {} }: Input, at: number): Record<string, unknown> {
    const plans = Object.entries(RequestItems).flatMap(([TableName, puts]) =>
      (puts as PutRequest[]).map(({ PutRequest: { Item } }) => {
        const input = { TableName, Item };
        return this.#plan('Put', input, expressionsOf(input)) as Planned;
      }),
    );
    const rows = new Set(plans.map(({ table, row }) => `${table.schema.name} ${row}`));
    if (rows.size < plans.length) throw invalid('Provided list of item keys contains duplicates');
    for (const plan of plans) this.#commit([plan], at);
    return { UnprocessedItems: {} };
  }

  #write(kind: Kind, input: Input, at: number): Record<string, unknown> {
    const planned = this.#plan(kind, input, expressionsOf(input));
    if (planned instanceof Refused) throw planned;
    this.#commit([planned], at);
    if (input.ReturnValues === undefined || input.ReturnValues === 'NONE') return {};
    if (input.ReturnValues !== 'ALL_NEW')
      throw new Error(`The simulated DynamoDB does not know ${input.ReturnValues}.`);
    return { Attributes: planned.after };
  }

  /** What a write would do now, or why it would not. */
  #plan(kind: Kind, input: Input, { update, condition, words }: Expressions): Planned | Refused {
    const table = this.table(input.TableName);
    const row = table.rowOf(input.Key ?? input.Item!);
    const before = table.read(row);
    if (condition && !holds(condition, before ?? {}, words)) {
      return conditionFailed(input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined);
    }
    const planned = { table, row, before, kind };
    if (kind === 'Put') return { ...planned, after: storedAttributes(input.Item!) };
    if (kind === 'Delete') return { ...planned, after: undefined };
    if (!update) return { ...planned, after: before };
    return { ...planned, after: updated(update, before ?? input.Key!, words) };
  }

  #transact({ TransactItems = [], ClientRequestToken: token }: Input, at: number): Record<string, unknown> {
    const seenAt = token === undefined ? undefined : this.#tokens.get(token);
    if (seenAt !== undefined && at - seenAt < TOKEN_MS) return {};
    const plans = TransactItems.map((item) => this.#planned(item));
    const rows = plans.flatMap((plan) => ('row' in plan ? [`${plan.table.schema.name} ${plan.row}`] : []));
    if (new Set(rows).size < rows.length)
      throw invalid('Transaction request cannot include multiple operations on one item');
    if (plans.some((plan) => 'Code' in plan)) {
      throw cancelled(plans.map((plan) => ('Code' in plan ? plan : { Code: 'None' })));
    }
    this.#commit(plans as Planned[], at);
    if (token !== undefined) this.#tokens.set(token, at);
    return {};
  }

  #planned(item: TransactItem): Planned | Reason {
    const [kind, input] = Object.entries(item)[0] as [Kind, Input];
    const expressions = expressionsOf(input);
    try {
      const plan = this.#plan(kind, input, expressions);
      return plan instanceof Refused
        ? { Code: 'ConditionalCheckFailed', Message: plan.message, ...plan.more }
        : plan;
    } catch (error) {
      if (!(error instanceof Refused) || error.name !== 'ValidationException') throw error;
      return { Code: 'ValidationError', Message: error.message };
    }
  }

  #commit(plans: Planned[], at: number): void {
    const changes = plans
      .filter(
        ({ kind, before, after }) =>
          kind !== 'ConditionCheck' && (before !== undefined || after !== undefined),
      )
      .map(({ table, row, before, after }): Change => {
        table.write(row, after, at);
        const [partition, sort] = [table.schema.key.partition, table.schema.key.sort];
        const item = (after ?? before)!;
        const key = { [partition]: item[partition]!, ...(sort === undefined ? {} : { [sort]: item[sort]! }) };
        return { table: table.schema.name, key, before, after };
      });
    if (changes.length > 0) this.#onCommit({ at, changes });
  }
}

interface Expressions {
  update: UpdateExpression | undefined;
  condition: Condition | undefined;
  words: Words;
}

/** @throws Refused, SyntaxError: what is wrong with them is wrong with the whole request. */
function expressionsOf({
  UpdateExpression: update,
  ConditionExpression: condition,
  ...input
}: Input): Expressions {
  const updating = update === undefined ? undefined : parseUpdate(update);
  const holding = condition === undefined ? undefined : parseCondition(condition);
  const references = [...(updating?.references ?? []), ...(holding?.references ?? [])];
  return { update: updating?.tree, condition: holding?.tree, words: wordsOf(input, references) };
}
