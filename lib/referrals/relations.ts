import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { parseUserId } from '../text/user-id.ts';
import type { UserId } from '../text/user-id.ts';
import type { Outbox } from '../events/outbox.ts';
import type { Keys } from './keys.ts';
import { readPerson } from './person.ts';
import type { LocalUserId, Person } from './person.ts';
import { planClaim } from './plan.ts';
import { LEVELS } from './superiors.ts';
import { claimedEdges, current, movedBy } from './upline-claim.ts';
import type { UplineClaim } from './upline-claim.ts';

export interface RelationsOptions {
  /** Whose users they are. */
  service: string;
  documents: Documents;
  table: string;
  keys: Keys;
  /** Tells the business, in the transaction that changes a user. */
  outbox: Pick<Outbox, 'recording'>;
  clock: Clock;
  random: Random;
}

export interface Applied {
  superiors: UserId[];
  created: boolean;
  /** Whose downline is to be repaired now. */
  moved: UserId[];
  localUserId?: LocalUserId | undefined;
  nickname?: string | undefined;
}

/** The tree of one service. */
export interface Relations {
  person(uid: UserId): Promise<Person | undefined>;
  /**
   * Applies a claim wholly, in one transaction, or refuses it wholly: `VALIDATION_FAILED` for a cycle,
   * `BINDING_CONFLICT`, `STORE_UNAVAILABLE` when other writers are faster again and again.
   */
  apply(claim: UplineClaim): Promise<Applied>;
  /** Recomputes a person's three superiors from the edges; writes nothing when they are right. */
  recompute(uid: UserId): Promise<void>;
}

/** Other writers may be faster this often before the caller is asked to come back. */
const MAX_RACES = 30;
const MAX_WAIT_MS = 400;
/** Levels above a person that is moved. No promotion is that deep. */
const MAX_DEPTH = 2_000;

export function createRelations(options: RelationsOptions): Relations {
  const { service, documents, table, keys, outbox, clock, random } = options;
  const person = async (uid: UserId) =>
    readPerson(uid, await documents.get(table, keys.person(uid), { consistent: true }));

  /** One read of the persons concerned, and what follows from it. `undefined`: another writer was faster. */
  async function attempt(claimed: UplineClaim): Promise<Applied | undefined> {
    const localUserId = claimed.localUserId;
    const [first, binding] = await Promise.all([
      readPeople(claimed),
      localUserId === undefined ? undefined : bindingOf(localUserId),
    ]);
    let people = first;
    const claim = current(claimed, people);
    let treeVersion: number | undefined;
    if (movedBy(claim, people).length > 0) {
      // First the counter, then the way up: a move in between makes the transaction fail.
      treeVersion = await moves();
      people = await readPeople(claim);
      // Meanwhile the partner may have said something newer.
      if (current(claim, people) !== claim) return undefined;
      await refuseCycle(claim, people);
    }
    const known = people.get(claim.uid);
    refuseOtherBinding(claim, known, binding);
    const plan = planClaim({
      service,
      table,
      keys,
      outbox,
      claim,
      people,
      treeVersion: treeVersion ?? 0,
      now: clock.now(),
    });
    if (plan.moved.length > 0 && treeVersion === undefined) return undefined;
    if (plan.items.length > 0 && !(await commit(plan.items))) return undefined;
    return {
      superiors: plan.superiors,
      // The answer to the first write may have been lost: the token shows that it was ours.
      created: plan.creates || (claim.enters && known?.enteredBy === claim.token),
      moved: plan.moved,
      localUserId: known?.localUserId ?? localUserId,
      nickname: claim.nicknames?.get(claim.uid) ?? known?.nickname,
    };
  }

  /** Every person the claim names, and as far up as three levels of each of them take. */
  async function readPeople(claim: UplineClaim): Promise<Map<UserId, Person | undefined>> {
    const people = new Map<UserId, Person | undefined>();
    const named = [claim.uid, ...(claim.superiors ?? [])];
    await Promise.all(named.map(async (uid) => void people.set(uid, await person(uid))));
    const edges = claimedEdges(current(claim, people), people);
    for (const start of new Set([claim.uid, ...edges.keys()])) {
      let at: UserId | undefined = start;
      for (let level = 0; level < LEVELS && at !== undefined; level++) {
        if (!people.has(at)) people.set(at, await person(at));
        at = edges.has(at) ? edges.get(at) : people.get(at)?.superior;
      }
    }
    return people;
  }

  async function moves(): Promise<number> {
    const item = await documents.get(table, keys.tree, { consistent: true });
    return item === undefined ? 0 : StoredNumber.parse(item['moves']);
  }

  /** Every edge a claim sets lies on the way up from its user: so does every cycle it would close. */
  async function refuseCycle(claim: UplineClaim, people: Map<UserId, Person | undefined>): Promise<void> {
    const edges = claimedEdges(claim, people);
    const passed = new Set<UserId>();
    for (let at: UserId | undefined = claim.uid; at !== undefined;) {
      if (passed.has(at)) throw invalid('superiors', `would put user ${at} above itself`);
      if (passed.size > MAX_DEPTH) throw invalid('superiors', `would be more than ${MAX_DEPTH} levels deep`);
      passed.add(at);
      if (!edges.has(at) && !people.has(at)) people.set(at, await person(at));
      at = edges.has(at) ? edges.get(at) : people.get(at)?.superior;
    }
  }

  async function bindingOf(localUserId: LocalUserId): Promise<UserId | undefined> {
    const item = await documents.get(table, keys.binding(localUserId), { consistent: true });
    return parseUserId(item?.['uid']);
  }

  async function commit(items: Parameters<Documents['transact']>[0]): Promise<boolean> {
    try {
      await documents.transact(items);
      return true;
    } catch (error) {
      // Another writer has written one of the items, or is about to; or DynamoDB throttles.
      if (error instanceof TransactionCancelled && error.fault === undefined) return false;
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

function refuseOtherBinding(
  { uid, localUserId }: UplineClaim,
  known: Person | undefined,
  bound: UserId | undefined,
): void {
  if (localUserId === undefined) return;
  if (known?.localUserId !== undefined && String(known.localUserId) !== String(localUserId)) {
    throw new GatewayError('BINDING_CONFLICT', `User ${uid} is bound to another local user.`);
  }
  if (bound !== undefined && bound !== uid) {
    throw new GatewayError('BINDING_CONFLICT', 'This local user is bound to another user.');
  }
}
