import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { bindingKey, personKey, TREE_KEY } from './keys.ts';
import { readPerson } from './person.ts';
import type { Person } from './person.ts';
import { planClaim } from './plan.ts';
import { movedBy, claimedEdges } from './upline-claim.ts';
import type { UplineClaim } from './upline-claim.ts';
import { invalid, LEVELS, parseUid } from './uid.ts';
import type { Uid } from './uid.ts';

export interface RelationsOptions {
  documents: Documents;
  table: string;
  clock: Clock;
  random: Random;
}

export interface Applied {
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
  apply(claim: UplineClaim): Promise<Applied>;
  /** Works a person's three superiors out anew from the edges; nothing happens when they are right. */
  recompute(uid: Uid): Promise<void>;
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
  async function attempt(claim: UplineClaim): Promise<Applied | undefined> {
    const localUserId = claim.localUserId;
    const [first, binding] = await Promise.all([
      readPeople(claim),
      localUserId === undefined ? undefined : bindingOf(localUserId),
    ]);
    let people = first;
    let treeVersion: number | undefined;
    if (movedBy(claim, people).length > 0) {
      // First the counter, then the way up: a move in between makes the transaction fail.
      treeVersion = await moves();
      people = await readPeople(claim);
      await refuseCycle(claim, people);
    }
    const known = people.get(claim.uid);
    refuseOtherBinding(claim, known, binding);
    const plan = planClaim({ table, claim, people, treeVersion: treeVersion ?? 0, now: clock.now() });
    if (plan.moved.length > 0 && treeVersion === undefined) return undefined;
    if (plan.items.length > 0 && !(await commit(plan.items))) return undefined;
    return {
      superiors: plan.superiors,
      // The answer to the first write may have been lost: our token tells that it was ours.
      created: plan.creates || (claim.enters && known?.enteredBy === claim.token),
      moved: plan.moved,
      localUserId: known?.localUserId ?? localUserId,
      nickname: claim.nicknames?.get(claim.uid) ?? known?.nickname,
    };
  }

  /** Everybody the statement names, and as far up as three levels of each of them take. */
  async function readPeople(claim: UplineClaim): Promise<Map<Uid, Person | undefined>> {
    const people = new Map<Uid, Person | undefined>();
    const edges = claimedEdges(claim);
    const named = [claim.uid, ...(claim.superiors ?? [])];
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
  async function refuseCycle(claim: UplineClaim, people: Map<Uid, Person | undefined>): Promise<void> {
    const edges = claimedEdges(claim);
    const passed = new Set<Uid>();
    for (let at: Uid | undefined = claim.uid; at !== undefined;) {
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

  async function apply(claim: UplineClaim): Promise<Applied> {
    for (let race = 0; race < MAX_RACES; race++) {
      const applied = await attempt(claim);
      if (applied) return applied;
      await clock.sleep(random.fraction() * Math.min(MAX_WAIT_MS, 5 * 2 ** race));
    }
    throw new GatewayError('STORE_UNAVAILABLE', `User ${claim.uid} is being changed by many at once.`, {
      retryAfterSeconds: 1,
    });
  }

  return {
    person,
    apply,
    recompute: async (uid) => {
      const repair = { uid, enters: false, source: 'repair', token: random.uuid() };
      if (await person(uid)) await apply(repair);
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

function refuseOtherBinding(claim: UplineClaim, known: Person | undefined, bound: Uid | undefined): void {
  const { uid, localUserId } = claim;
  if (localUserId === undefined) return;
  const other =
    known?.localUserId !== undefined && String(known.localUserId) !== String(localUserId)
      ? `URS user ${uid} is bound to another local user.`
      : bound !== undefined && bound !== uid
        ? 'This local user is bound to another URS user.'
        : undefined;
  if (other !== undefined) throw new GatewayError('BINDING_CONFLICT', other);
}
