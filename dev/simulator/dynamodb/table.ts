/** One table: every item in the versions it had lately, so that a read can be answered from a replica that is behind. */
import type { Attributes, AttributeValue } from './attributes.ts';

export interface KeySchema {
  partition: string;
  sort?: string | undefined;
}

export interface IndexSchema extends KeySchema {
  /** Absent: all attributes. */
  attributes?: string[] | undefined;
}

export interface TableSchema {
  name: string;
  key: KeySchema;
  indexes: Record<string, IndexSchema>;
  hasStream: boolean;
}

interface Version {
  /** Milliseconds since the epoch. */
  at: number;
  item: Attributes | undefined;
}

/** No replica is further behind, milliseconds. */
export const FURTHEST_BEHIND_MS = 5_000;

const BASE = '';

export class Table {
  readonly schema: TableSchema;
  readonly #rows = new Map<string, Version[]>();
  /** By index and partition: rows that are or were in it. */
  readonly #members = new Map<string, Set<string>>();

  constructor(schema: TableSchema) {
    this.schema = schema;
  }

  rowOf(attributes: Attributes): string {
    const { partition, sort } = this.schema.key;
    return JSON.stringify([attributes[partition], sort === undefined ? null : attributes[sort]]);
  }

  read(row: string, asOf = Number.POSITIVE_INFINITY): Attributes | undefined {
    const versions = this.#rows.get(row);
    if (!versions) return undefined;
    for (let at = versions.length - 1; at >= 0; at--) {
      if (versions[at]!.at <= asOf) return versions[at]!.item;
    }
    return undefined;
  }

  write(row: string, item: Attributes | undefined, at: number): void {
    const kept = (this.#rows.get(row) ?? []).filter((_, n, all) => {
      const next = all[n + 1];
      return next === undefined || next.at > at - FURTHEST_BEHIND_MS;
    });
    this.#rows.set(row, [...kept, { at, item }]);
    if (!item) return;
    this.#join(BASE, item[this.schema.key.partition], row);
    for (const [name, { partition }] of Object.entries(this.schema.indexes))
      this.#join(name, item[partition], row);
  }

  #join(index: string, partition: AttributeValue | undefined, row: string): void {
    if (!partition) return;
    const name = `${index} ${JSON.stringify(partition)}`;
    const members = this.#members.get(name) ?? new Set();
    this.#members.set(name, members.add(row));
  }

  /** Rows that may be in a partition. */
  candidates(index: string | undefined, partition: AttributeValue): Iterable<string> {
    return this.#members.get(`${index ?? BASE} ${JSON.stringify(partition)}`) ?? [];
  }

  rows(): Iterable<string> {
    return this.#rows.keys();
  }

  /** All there is now: for oracles. */
  items(): Attributes[] {
    return [...this.#rows.keys()].map((row) => this.read(row)).filter((item) => item !== undefined);
  }
}
