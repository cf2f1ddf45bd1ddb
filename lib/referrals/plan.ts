/**
 * What a statement changes, as one DynamoDB transaction. Pure: people as they were read go in, writes come out.
 *
 * Every person the plan read is either written under the condition that his item is the one read (`rev`), or held
 * by a condition on his edge (`superior`). So what is worked out here is still true when it is written.
 */
import type { TransactItem } from '../vendors/dynamodb/documents.ts';
import { bindingKey, changeKey, downlineKey, personKey, repairKey, rosterKey, TREE_KEY } from './keys.ts';
import type { Generation } from './keys.ts';
import type { Person } from './person.ts';
import { movedBy, claimedEdges } from './upline-claim.ts';
import type { People, UplineClaim } from './upline-claim.ts';
import { LEVELS } from './uid.ts';
import type { Uid } from './uid.ts';

/** How long whoever moved somebody may work on his downline before others take over, milliseconds. */
export const REPAIR_LEASE_MS = 15_000;
/** How old `refreshedAt` and `pushedAt` get before the same statement again is worth a write, milliseconds. */
const TOUCH_MS = 60_000;

export interface PlanInput {
  table: string;
  claim: UplineClaim;
  people: People;
  /** Counter of moves, when it was read; needed to move somebody. */
  treeVersion?: number;
  now: number;
}

export interface Plan {
  items: TransactItem[];
  /** Three levels up, once the plan is carried out. */
  superiors: Uid[];
  /** Whose downline is to be repaired afterwards. */
  moved: Uid[];
  /** The statement makes a user of him. */
  creates: boolean;
}

export function planClaim({ table, claim, people, treeVersion, now }: PlanInput): Plan {
  const { uid } = claim;
  const edges = claimedEdges(claim);
  const superiorOf = (of: Uid) => (edges.has(of) ? edges.get(of) : people.get(of)?.superior);
  const upFrom = (of: Uid) => {
    const chain: Uid[] = [];
    for (let at = superiorOf(of); at !== undefined && chain.length < LEVELS; at = superiorOf(at))
      chain.push(at);
    return chain;
  };
  const moved = movedBy(claim, people);
  const at = new Date(now).toISOString();

  const written = new Set<Uid>();
  const used = new Set<Uid>();
  const items: TransactItem[] = [];
  const named = new Set([uid, ...(claim.superiors ?? [])]);
  for (const of of named) {
    const person = people.get(of);
    // Of the one at the top nothing was said: his own superiors are as they were.
    const superiors = of === uid || edges.has(of) || !person ? upFrom(of) : person.superiors;
    const changes = own(claim, of, person, now);
    const places = !same(superiors, person?.superiors);
    const edgeChanges = edges.has(of) && person?.superior !== edges.get(of);
    if (person && !edgeChanges && !places && Object.keys(changes).length === 0) continue;
    written.add(of);
    // His third superior is known from the edge of the second: that one's own edge is not looked at.
    if (places) for (const ancestor of superiors.slice(0, LEVELS - 1)) used.add(ancestor);
    const edge = edgeChanges ? edges.get(of) : person?.superior;
    items.push(
      writePerson(table, of, person, { ...changes, edge, edgeChanges, superiors, at }),
      ...downlineRows(table, of, person?.superiors ?? [], superiors),
    );
    if (!person) items.push({ Put: { TableName: table, Item: { ...rosterKey(of), uid: String(of) } } });
    if (edgeChanges && (edge !== undefined || person?.superior !== undefined)) {
      items.push(changeRow(table, claim, of, person, edge, at));
    }
  }
  items.push(...bindingRow(table, claim, people.get(uid)));
  items.push(...unmovedChecks(table, [...used], written, people));
  if (moved.length > 0) items.push(countMove(table, treeVersion ?? 0));
  items.push(...moved.map((of) => repairTask(table, of, claim.token, now)));
  return { items, superiors: upFrom(uid), moved, creates: creates(claim, people.get(uid)) };
}

const same = (a: readonly Uid[], b: readonly Uid[] | undefined) =>
  b !== undefined && a.length === b.length && a.every((uid, index) => uid === b[index]);

const creates = (claim: UplineClaim, person: Person | undefined) => claim.enters && person?.state !== 'user';

/** What a statement changes of a person besides relations; empty: nothing. */
function own(claim: UplineClaim, of: Uid, person: Person | undefined, now: number): Record<string, unknown> {
  const nickname = claim.nicknames?.get(of);
  const told = nickname !== undefined && nickname !== person?.nickname ? { nickname } : {};
  const at = heardAt(claim, person, now);
  // What URS pushes about somebody it also says about those above him that nobody knew.
  if (of !== claim.uid) return person ? told : { ...told, ...at };
  const { localUserId, token } = claim;
  return {
    ...told,
    ...(creates(claim, person)
      ? { state: 'user', enteredBy: token, createdAt: new Date(now).toISOString() }
      : {}),
    ...(localUserId !== undefined && person?.localUserId === undefined
      ? { localUserId: JSON.stringify(localUserId) }
      : {}),
    ...at,
  };
}

/** Duplicates within a minute are not worth a write each. */
function heardAt({ heard }: UplineClaim, person: Person | undefined, now: number): Record<string, number> {
  const due = (since = 0) => now - since >= TOUCH_MS;
  return {
    ...(heard && due(person?.refreshedAt) ? { refreshedAt: now } : {}),
    ...(heard === 'pushed' && due(person?.pushedAt) ? { pushedAt: now } : {}),
  };
}

interface PersonChanges extends Record<string, unknown> {
  edge: Uid | undefined;
  edgeChanges: boolean;
  superiors: Uid[];
  at: string;
}

function writePerson(
  table: string,
  uid: Uid,
  person: Person | undefined,
  { edge, edgeChanges, superiors, at, ...changes }: PersonChanges,
): TransactItem {
  if (!person) {
    const item = {
      ...personKey(uid),
      uid: String(uid),
      state: 'placeholder',
      rev: 1,
      changes: edge === undefined ? 0 : 1,
      createdAt: at,
      updatedAt: at,
      ...changes,
      ...(edge === undefined ? {} : { superior: String(edge) }),
      superiors: superiors.map(String),
    };
    return { Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } };
  }
  const set: Record<string, unknown> = {
    ...changes,
    superiors: superiors.map(String),
    rev: person.rev + 1,
    updatedAt: at,
    ...(edgeChanges ? { changes: person.changes + 1 } : {}),
    ...(edge === undefined ? {} : { superior: String(edge) }),
  };
  const names = Object.keys(set);
  return {
    Update: {
      TableName: table,
      Key: personKey(uid),
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}${edge === undefined ? ' REMOVE superior' : ''}`,
      ConditionExpression: '#rev = :read',
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(names.map((name) => [`:${name}`, set[name]])),
        ':read': person.rev,
      },
    },
  };
}

/**
 * A person lies under each of his three superiors. The row under the nearest one repeats all three, so that a
 * repair sees from one query whose rows are old.
 */
function downlineRows(
  table: string,
  uid: Uid,
  before: readonly Uid[],
  after: readonly Uid[],
): TransactItem[] {
  const items: TransactItem[] = [];
  const changed = !same(before, after);
  for (let level = 0; level < LEVELS; level++) {
    const [old, next] = [before[level], after[level]];
    const generation = (level + 1) as Generation;
    if (old !== undefined && old !== next) {
      items.push({ Delete: { TableName: table, Key: downlineKey(old, generation, uid) } });
    }
    if (next !== undefined && (old !== next || (level === 0 && changed))) {
      const superiors = level === 0 ? { superiors: after.map(String) } : {};
      items.push({
        Put: { TableName: table, Item: { ...downlineKey(next, generation, uid), ...superiors } },
      });
    }
  }
  return items;
}

function changeRow(
  table: string,
  { source, uid: toldBy }: UplineClaim,
  uid: Uid,
  person: Person | undefined,
  after: Uid | undefined,
  at: string,
): TransactItem {
  const item = {
    ...changeKey(uid, (person?.changes ?? 0) + 1),
    before: person?.superior === undefined ? null : String(person.superior),
    after: after === undefined ? null : String(after),
    at,
    source,
    toldBy: String(toldBy),
  };
  return { Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } };
}

function bindingRow(table: string, claim: UplineClaim, person: Person | undefined): TransactItem[] {
  const { uid, localUserId } = claim;
  if (localUserId === undefined || person?.localUserId !== undefined) return [];
  return [
    {
      Put: {
        TableName: table,
        Item: { ...bindingKey(localUserId), uid: String(uid) },
        ConditionExpression: 'attribute_not_exists(pk) OR uid = :uid',
        ExpressionAttributeValues: { ':uid': String(uid) },
      },
    },
  ];
}

/** Those whose edge was used and who are not written themselves: nobody may move them meanwhile. */
function unmovedChecks(
  table: string,
  used: readonly Uid[],
  written: ReadonlySet<Uid>,
  people: People,
): TransactItem[] {
  return used
    .filter((uid) => !written.has(uid))
    .map((uid) => {
      const superior = people.get(uid)?.superior;
      const item = { TableName: table, Key: personKey(uid) };
      return {
        ConditionCheck:
          superior === undefined
            ? { ...item, ConditionExpression: 'attribute_not_exists(superior)' }
            : {
                ...item,
                ConditionExpression: 'superior = :superior',
                ExpressionAttributeValues: { ':superior': String(superior) },
              },
      };
    });
}

function countMove(table: string, read: number): TransactItem {
  return {
    Update: {
      TableName: table,
      Key: TREE_KEY,
      UpdateExpression: 'SET moves = :next',
      ConditionExpression: read === 0 ? 'attribute_not_exists(pk)' : 'moves = :read',
      ExpressionAttributeValues: { ':next': read + 1, ...(read === 0 ? {} : { ':read': read }) },
    },
  };
}

const repairTask = (table: string, uid: Uid, token: string, now: number): TransactItem => ({
  Put: {
    TableName: table,
    Item: { ...repairKey(uid), uid: String(uid), id: token, leaseUntil: now + REPAIR_LEASE_MS },
  },
});
