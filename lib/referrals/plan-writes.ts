/** The writes of a claim's plan (plan.ts): which item, under which condition. */
import type { UserId } from '../text/user-id.ts';
import type { TransactItem } from '../vendors/dynamodb/documents.ts';
import type { Generation, Keys } from './keys.ts';
import type { Person } from './person.ts';
import { LEVELS } from './superiors.ts';
import type { People, UplineClaim } from './upline-claim.ts';

/** How long the request that moved a person may work on the downline before others take over, milliseconds. */
export const REPAIR_LEASE_MS = 15_000;

export interface PersonChanges {
  attributes: Record<string, unknown>;
  edge: UserId | undefined;
  edgeChanges: boolean;
  superiors: UserId[];
  at: string;
}

export const same = (a: readonly UserId[], b: readonly UserId[] | undefined) =>
  b !== undefined && a.length === b.length && a.every((uid, index) => uid === b[index]);

/** The writes a plan is made of, each as one item of its transaction. */
export function planWrites(table: string, keys: Keys) {
  function createPerson(uid: UserId, { attributes, edge, superiors, at }: PersonChanges): TransactItem {
    const item = {
      ...keys.person(uid),
      uid: String(uid),
      state: 'placeholder',
      rev: 1,
      changes: edge === undefined ? 0 : 1,
      createdAt: at,
      updatedAt: at,
      ...attributes,
      ...(edge === undefined ? {} : { superior: String(edge) }),
      superiors: superiors.map(String),
    };
    return { Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } };
  }

  function updatePerson(
    person: Person,
    { attributes, edge, edgeChanges, superiors, at }: PersonChanges,
  ): TransactItem {
    const set: Record<string, unknown> = {
      ...attributes,
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
        Key: keys.person(person.uid),
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
   * A person lies under each of their three superiors. The row under the nearest one repeats all three, so that a
   * repair sees from one query whose rows are out of date.
   */
  function downlineRow(
    uid: UserId,
    level: number,
    before: readonly UserId[],
    after: readonly UserId[],
  ): TransactItem[] {
    const [old, next] = [before[level], after[level]];
    const generation = (level + 1) as Generation;
    const items: TransactItem[] = [];
    if (old !== undefined && old !== next) {
      items.push({ Delete: { TableName: table, Key: keys.downline(old, generation, uid) } });
    }
    if (next !== undefined && (old !== next || (level === 0 && !same(before, after)))) {
      const superiors = level === 0 ? { superiors: after.map(String) } : {};
      items.push({
        Put: { TableName: table, Item: { ...keys.downline(next, generation, uid), ...superiors } },
      });
    }
    return items;
  }

  return {
    person: (uid: UserId, person: Person | undefined, changes: PersonChanges): TransactItem =>
      person ? updatePerson(person, changes) : createPerson(uid, changes),

    downline: (uid: UserId, before: readonly UserId[], after: readonly UserId[]): TransactItem[] =>
      Array.from({ length: LEVELS }, (_, level) => downlineRow(uid, level, before, after)).flat(),

    rosterEntry: (uid: UserId): TransactItem => ({
      Put: { TableName: table, Item: { ...keys.rosterEntry(uid), uid: String(uid) } },
    }),

    change(
      { source, uid: claimUid }: UplineClaim,
      uid: UserId,
      person: Person | undefined,
      after: UserId | undefined,
      at: string,
    ): TransactItem {
      const item = {
        ...keys.change(uid, (person?.changes ?? 0) + 1),
        before: person?.superior === undefined ? null : String(person.superior),
        after: after === undefined ? null : String(after),
        at,
        source,
        // Another uid where the claim was about someone below.
        claimUid: String(claimUid),
      };
      return { Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } };
    },

    binding({ uid, localUserId }: UplineClaim, person: Person | undefined): TransactItem[] {
      if (localUserId === undefined || person?.localUserId !== undefined) return [];
      return [
        {
          Put: {
            TableName: table,
            Item: { ...keys.binding(localUserId), uid: String(uid) },
            ConditionExpression: 'attribute_not_exists(pk) OR uid = :uid',
            ExpressionAttributeValues: { ':uid': String(uid) },
          },
        },
      ];
    },

    /** Conditions on those whose edge was used and who are not written: they must not be moved meanwhile. */
    pins: (uids: readonly UserId[], people: People): TransactItem[] =>
      uids.map((uid) => {
        const superior = people.get(uid)?.superior;
        const item = { TableName: table, Key: keys.person(uid) };
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
      }),

    countedMove: (read: number): TransactItem => ({
      Update: {
        TableName: table,
        Key: keys.tree,
        UpdateExpression: 'SET moves = :next',
        ConditionExpression: read === 0 ? 'attribute_not_exists(pk)' : 'moves = :read',
        ExpressionAttributeValues: { ':next': read + 1, ...(read === 0 ? {} : { ':read': read }) },
      },
    }),

    repairTask: (uid: UserId, token: string, now: number): TransactItem => ({
      Put: {
        TableName: table,
        Item: { ...keys.repair(uid), uid: String(uid), id: token, leaseUntil: now + REPAIR_LEASE_MS },
      },
    }),
  };
}
