import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { bindingKey, personKey, TREE_KEY } from './keys.ts';
import { readPerson } from './person.ts';
import type { Person } from './person.ts';
import { planStatement } from './plan.ts';
import { movedBy, statedEdges } from './upline-claim.ts';
import type { Statement } from './upline-claim.ts';
import { invalid, LEVELS, parseUid } from './uid.ts';
import type { Uid } from './uid.ts';

export interface RelationsOptions {
  documents: Documents;
  table: string;
  clock: Clock;
  random: Random;
}

export interface Taken {
  superiors: Uid[];
  created: boolean;
  /** Whose downline is to be repaired now. */
  moved: Uid[];
  localUserId?: Person['localUserId'];
  nickname?: string | undefined;
}

export interface Relations {
  person(uid: Uid): Promise<Person | undefined>;
  /**
   * Takes a statement wholly, in one transaction, or refuses it wholly: `VALIDATION_FAILED` for a cycle,
   * `BINDING_CONFLICT`, `STORE_UNAVAILABLE` when others are faster again and again.
   */
  take(statement: Statement): Promise<Taken>;
  /** Works a person's three superiors out anew from the edges; nothing happens when they are right. */
  settle(uid: Uid): Promise<void>;
}

/** Others may be faster this often before the caller is told to come back. */
const MAX_RACES = 30;
const MAX_WAIT_MS = 400;
/** Levels above a person that is moved. A tree so deep is no promotion any more. */
const MAX_DEPTH = 2_000;

export function createRelations({ documents, table, clock, random }: RelationsOptions): Relations {
  const person = async (uid: Uid) =>
    readPerson(uid, await documents.get(table, personKey(uid), { consistent: true }));

  /** One look at the people concerned, and what follows from it. `undefined`: others were faster. */
  async function attempt(statement: Statement): Promise<Taken | undefined> {
    const localUserId = statement.localUserId;
    const [first, binding] = await Promise.all([
      look(statement),
      localUserId === undefined ? undefined : bindingOf(localUserId),
    ]);
    let people = first;
    let treeVersion: number | undefined;
    if (movedBy(statement, people).length > 0) {
      // First the counter, then the way up: a move in between makes the transaction fail.
      treeVersion = await moves();
      people = await look(statement);
      await refuseCycle(statement, people);
    }
    const known = people.get(statement.uid);
    refuseOtherBinding(statement, known, binding);
    const plan = planStatement({ table, statement, people, treeVersion: treeVersion ?? 0, now: clock.now() });
    if (plan.moved.length > 0 && treeVersion === undefined) return undefined;
    if (plan.items.length > 0 && !(await commit(plan.items))) return undefined;
    return {
      superiors: plan.superiors,
      // The answer to the first write may have been lost: our token tells that it was ours.
      created: plan.creates || (statement.enters && known?.enteredBy === statement.token),
      moved: plan.moved,
      localUserId: known?.localUserId ?? localUserId,
      nickname: statement.nicknames?.get(statement.uid) ?? known?.nickname,
    };
  }

  /** Everybody the statement names, and as far up as three levels of each of them take. */
  async function look(statement: Statement): Promise<Map<Uid, Person | undefined>> {
    const people = new Map<Uid, Person | undefined>();
    const edges = statedEdges(statement);
    const named = [statement.uid, ...(statement.superiors ?? [])];
    await Promise.all(named.map(async (uid) => void people.set(uid, await person(uid))));
    for (const start of edges.size === 0 ? named : edges.keys()) {
      let at: Uid | undefined = start;
      for (let level = 0; level < LEVELS && at !== undefined; level++) {
        if (!people.has(at)) people.set(at, await person(at));
        at = edges.has(at) ? edges.get(at) : people.get(at)?.superior;
      }
    }
    return people;
  }

  async function moves(): Promise<number> {
    const item = await documents.get(table, TREE_KEY, { consistent: true });
    return item === undefined ? 0 : StoredNumber.parse(item['moves']);
  }

  /** Every edge a statement sets lies on the way up from its person: so does every circle it would close. */
  async function refuseCycle(statement: Statement, people: Map<Uid, Person | undefined>): Promise<void> {
    const edges = statedEdges(statement);
    const passed = new Set<Uid>();
    for (let at: Uid | undefined = statement.uid; at !== undefined;) {
      if (passed.has(at)) throw invalid('superiors', `would make user ${at} his own superior`);
      if (passed.size > MAX_DEPTH) throw invalid('superiors', `lie deeper than ${MAX_DEPTH} levels`);
      passed.add(at);
      if (!edges.has(at) && !people.has(at)) people.set(at, await person(at));
      at = edges.has(at) ? edges.get(at) : people.get(at)?.superior;
    }
  }

  async function bindingOf(localUserId: string | number): Promise<Uid | undefined> {
    return parseUid((await documents.get(table, bindingKey(localUserId), { consistent: true }))?.['uid']);
  }

  async function commit(items: Parameters<Documents['transact']>[0]): Promise<boolean> {
    try {
      await documents.transact(items);
      return true;
    } catch (error) {
      if (error instanceof TransactionCancelled && error.reasons.every(({ code }) => RACES.has(code)))
        return false;
      throw error;
    }
  }

  async function take(statement: Statement): Promise<Taken> {
    for (let race = 0; race < MAX_RACES; race++) {
      const taken = await attempt(statement);
      if (taken) return taken;
      await clock.sleep(random.fraction() * Math.min(MAX_WAIT_MS, 5 * 2 ** race));
    }
    throw new GatewayError('STORE_UNAVAILABLE', `User ${statement.uid} is being changed by many at once.`, {
      retryAfterSeconds: 1,
    });
  }

  return {
    person,
    take,
    settle: async (uid) => {
      const repair = { uid, enters: false, source: 'repair', token: random.uuid() };
      if (await person(uid)) await take(repair);
    },
  };
}

/** Somebody else wrote one of the items, or is about to; or DynamoDB asks for patience. */
const RACES = new Set([
  'None',
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

function refuseOtherBinding(statement: Statement, known: Person | undefined, bound: Uid | undefined): void {
  const { uid, localUserId } = statement;
  if (localUserId === undefined) return;
  const other =
    known?.localUserId !== undefined && String(known.localUserId) !== String(localUserId)
      ? `URS user ${uid} is bound to another local user.`
      : bound !== undefined && bound !== uid
        ? 'This local user is bound to another URS user.'
        : undefined;
  if (other !== undefined) throw new GatewayError('BINDING_CONFLICT', other);
}
