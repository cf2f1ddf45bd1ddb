/** Everything a simulation happens in: time, stores, our processes, and what watches them. */
import { marshall } from '@aws-sdk/util-dynamodb';
import { itemOf } from '../../lib/registry/rows.ts';
import type { Attributes } from './dynamodb/attributes.ts';
import { Database } from './dynamodb/database.ts';
import type { Commit } from './dynamodb/database.ts';
import { declaredTables } from './dynamodb/schemas.ts';
import { DynamoDbWire } from './dynamodb/wire.ts';
import { chance } from './chance.ts';
import type { Chance } from './chance.ts';
import { Journal } from './journal.ts';
import { appKeyOf, NAMES, SESSION_KEY, STAGE } from './process/stage.ts';
import { simulatedSecrets } from './process/secrets.ts';
import { Site } from './platform/site.ts';
import { Subscribers } from './platform/subscribers.ts';
import { RedisWire } from './redis/wire.ts';
import type { Circumstance, Network, Process } from './time/process.ts';
import { Timeline } from './time/timeline.ts';
import { Violations } from './violations.ts';
import type { Weather } from './weather.ts';

const SCHEMAS = declaredTables(STAGE);
const STARTS_AT = Date.UTC(2026, 0, 1);

export class World {
  readonly journal: Journal;
  readonly timeline: Timeline;
  readonly database: Database;
  readonly network: Network;
  readonly violations = new Violations();
  readonly site: Site;
  readonly subscribers: Subscribers;
  readonly secrets;
  readonly #secretTexts = new Map([[NAMES.secrets.sessionKey, SESSION_KEY]]);
  readonly #watchers: ((commit: Commit) => void)[] = [];
  readonly #seed: number;
  #revision = 0;

  constructor(seed: number, weather: Weather, show?: (line: string) => void) {
    this.#seed = seed;
    this.journal = new Journal(STARTS_AT, show);
    this.timeline = new Timeline(STARTS_AT, this.journal);
    this.database = new Database(SCHEMAS, (commit) => this.#watchers.forEach((watch) => watch(commit)));
    this.network = {
      weather,
      dynamoDb: new DynamoDbWire(this.database, weather, this.journal, this.chance('indexes')),
      redis: new RedisWire(() => this.timeline.now(), weather, this.journal),
    };
    this.site = new Site(this.journal);
    this.subscribers = new Subscribers(this.journal);
    this.secrets = simulatedSecrets(this.#secretTexts);
  }

  /** A stream of chance of this seed. */
  chance(name: string): Chance {
    return chance(`${this.#seed}/${name}`);
  }

  /** The circumstance of a step; `process`: on our side. */
  here(step: string, process?: Process): Circumstance {
    return { timeline: this.timeline, network: this.network, process, chance: this.chance(step), step };
  }

  /** Is told of every commit, at the moment it becomes true. */
  watch(watcher: (commit: Commit) => void): void {
    this.#watchers.push(watcher);
  }

  /** An operator's write of a definition: at once, and without trouble. */
  define(definition: { code: string }, credentials: object = { appKey: appKeyOf(definition.code) }): void {
    const at = new Date(this.timeline.now()).toISOString();
    const times = { revision: (this.#revision += 1), createdAt: at, updatedAt: at };
    this.put(NAMES.tables.registry, itemOf(definition.code, definition, times));
    this.#secretTexts.set(NAMES.secrets.credentials(definition.code), JSON.stringify(credentials));
  }

  put(table: string, item: Record<string, unknown>): void {
    const Item = marshall(item, { removeUndefinedValues: true }) as Attributes;
    const { status, body } = this.database.request(
      { action: 'PutItem', input: { TableName: table, Item } },
      this.timeline.now(),
    );
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
}
