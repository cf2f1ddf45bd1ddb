/**
 * What a claim changes, as one DynamoDB transaction. Pure: persons as they were read go in, writes come out.
 *
 * Every person the plan read is either written under the condition that the item is the one read (`rev`), or pinned
 * by a condition on its edge (`superior`). So what is computed here is still true when it is written.
 */
import type { UserId } from '../text/user-id.ts';
import type { TransactItem } from '../vendors/dynamodb/documents.ts';
import type { Outbox } from '../events/outbox.ts';
import type { Keys } from './keys.ts';
import type { Person } from './person.ts';
import { planWrites, same } from './plan-writes.ts';
import { LEVELS } from './superiors.ts';
import { claimedEdges, movedBy } from './upline-claim.ts';
import { eventOf } from './user-events.ts';
import type { People, UplineClaim } from './upline-claim.ts';

/** How old `refreshedAt` and `receivedAt` get before the same statement again is worth a write, milliseconds. */
const TOUCH_MS = 60_000;

export interface PlanInput {
  /** Whose users they are. */
  service: string;
  table: string;
  keys: Keys;
  outbox: Pick<Outbox, 'recording'>;
  claim: UplineClaim;
  people: People;
  /** Counter of moves, when it was read; needed to move a person. */
  treeVersion?: number;
  now: number;
}

export interface Plan {
  items: TransactItem[];
  /** Three levels up, once the plan is carried out. */
  superiors: UserId[];
  /** Whose downline is to be repaired afterwards. */
  moved: UserId[];
  /** The claim makes its person a user. */
  creates: boolean;
}

export function planClaim(input: PlanInput): Plan {
  const { table, keys, claim, people, treeVersion, now, outbox } = input;
  const { uid } = claim;
  const write = planWrites(table, keys);
  const edges = claimedEdges(claim, people);
  const superiorOf = (of: UserId) => (edges.has(of) ? edges.get(of) : people.get(of)?.superior);
  const upFrom = (of: UserId) => {
    const chain: UserId[] = [];
    for (let at = superiorOf(of); at !== undefined && chain.length < LEVELS; at = superiorOf(at))
      chain.push(at);
    return chain;
  };
  const moved = movedBy(claim, people);
  const at = new Date(now).toISOString();

  const written = new Set<UserId>();
  const used = new Set<UserId>();
  const items: TransactItem[] = [];
  for (const of of new Set([uid, ...(claim.superiors ?? [])])) {
    const person = people.get(of);
    // The claim says nothing above its last superior: whose own superiors stay as they are.
    const superiors = of === uid || edges.has(of) || !person ? upFrom(of) : person.superiors;
    const uplineChanges = !same(superiors, person?.superiors);
    const edgeChanges = edges.has(of) && person?.superior !== edges.get(of);
    const attributes = {
      ...ownAttributes(claim, of, person, now),
      ...statedAt(claim, of, person, edgeChanges),
    };
    if (person && !edgeChanges && !uplineChanges && Object.keys(attributes).length === 0) continue;
    written.add(of);
    // The third superior is known from the edge of the second: the third's own edge is not read.
    if (uplineChanges) for (const ancestor of superiors.slice(0, LEVELS - 1)) used.add(ancestor);
    const edge = edgeChanges ? edges.get(of) : person?.superior;
    items.push(
      write.person(of, person, { attributes, edge, edgeChanges, superiors, at }),
      ...write.downline(of, person?.superiors ?? [], superiors),
    );
    if (!person) items.push(write.rosterEntry(of));
    const event = eventOf(input, { uid: of, person, superiors, uplineChanges, at });
    if (event) items.push(outbox.recording(event));
    if (edgeChanges && (edge !== undefined || person?.superior !== undefined)) {
      items.push(write.change(claim, of, person, edge, at));
    }
  }
  items.push(...write.binding(claim, people.get(uid)));
  items.push(
    ...write.pins(
      [...used].filter((one) => !written.has(one)),
      people,
    ),
  );
  if (moved.length > 0) items.push(write.countedMove(treeVersion ?? 0));
  items.push(...moved.map((of) => write.repairTask(of, claim.token, now)));
  return { items, superiors: upFrom(uid), moved, creates: creates(claim, people.get(uid)) };
}

const creates = (claim: UplineClaim, person: Person | undefined) => claim.enters && person?.state !== 'user';

/** What a claim changes of a person besides relations; empty: nothing. */
function ownAttributes(
  claim: UplineClaim,
  of: UserId,
  person: Person | undefined,
  now: number,
): Record<string, unknown> {
  const nickname = claim.nicknames?.get(of);
  const renamed = nickname !== undefined && nickname !== person?.nickname ? { nickname } : {};
  const times = deliveryTimes(claim, person, now);
  // A statement about a user is also the first one about superiors unknown until now.
  if (of !== claim.uid) return person ? renamed : { ...renamed, ...times };
  const { localUserId, token } = claim;
  return {
    ...renamed,
    ...(creates(claim, person)
      ? { state: 'user', enteredBy: token, createdAt: new Date(now).toISOString() }
      : {}),
    ...(localUserId !== undefined && person?.localUserId === undefined
      ? { localUserId: JSON.stringify(localUserId) }
      : {}),
    ...times,
  };
}

/**
 * The user's own edge was said again at a later time: what was said in between must not undo that. Of a superior it
 * is kept only with a change: or else each new user would write to it.
 */
function statedAt(
  { uid, statedAt: at }: UplineClaim,
  of: UserId,
  person: Person | undefined,
  edgeChanges: boolean,
): Record<string, number> {
  const isNews = edgeChanges || (of === uid && person?.statedAt !== at);
  return at !== undefined && isNews ? { statedAt: at } : {};
}

/** Duplicates within a minute are not worth a write each. */
function deliveryTimes(
  { delivery }: UplineClaim,
  person: Person | undefined,
  now: number,
): Record<string, number> {
  const due = (since = 0) => now - since >= TOUCH_MS;
  return {
    ...(delivery && due(person?.refreshedAt) ? { refreshedAt: now } : {}),
    ...(delivery === 'received' && due(person?.receivedAt) ? { receivedAt: now } : {}),
  };
}
