import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { CallContext, CallUrs } from './context.ts';
import { createListings } from './downline.ts';
import { readHistory } from './history.ts';
import { sharingInFlight } from './in-flight.ts';
import { personKey } from './keys.ts';
import type { Person } from './person.ts';
import type { EnterInput, Entered, Referrals } from './referrals.ts';
import { createRefresh } from './refresh.ts';
import { createRelations } from './relations.ts';
import type { Applied } from './relations.ts';
import { createRepairs } from './repairs.ts';
import type { UplineClaim } from './upline-claim.ts';
import { createSync } from './sync.ts';
import { invalid, superiorsOf, uidOf } from './uid.ts';
import type { Uid } from './uid.ts';
import { readUserInfo, readUserTeam } from './urs-answers.ts';
import type { UrsUser } from './urs-answers.ts';

export interface ReferralsOptions {
  documents: Documents;
  /** The `users` table. */
  table: string;
  clock: Clock;
  random: Random;
  callUrs: CallUrs;
  /** Ids that are accounts of the house (settings `fundUserId`, `controlUserId`), never users. */
  houseAccounts: () => Promise<readonly number[]>;
  /** Told of what went wrong without failing anybody. */
  report: (message: string, error: unknown) => void;
  /** People settled in one go after a move; the rest is left to the next who comes. Default 256. */
  repairAtMost?: number;
}

type Claim = Omit<UplineClaim, 'token'>;

export function createReferrals(options: ReferralsOptions): Referrals {
  const { documents, table, clock, random, houseAccounts, report } = options;
  const callUrs = sharingInFlight(options.callUrs);
  const relations = createRelations({ documents, table, clock, random });
  const repairs = createRepairs({
    documents,
    table,
    clock,
    relations,
    report,
    ...(options.repairAtMost === undefined ? {} : { most: options.repairAtMost }),
  });
  const listings = createListings(documents, table);

  /** Somebody's repair that was left behind comes first; that it fails is no reason to fail this one. */
  async function applyClaim(claim: Claim): Promise<Applied> {
    await refuseHouse([claim.uid, ...(claim.superiors ?? [])]);
    await repairs.resume().catch((error: unknown) => report('Repairs could not go on.', error));
    const token = random.uuid();
    const applied = await relations.apply({ ...claim, token });
    await repairs.finish(applied.moved, token);
    return applied;
  }

  async function refuseHouse(uids: readonly Uid[]): Promise<void> {
    const house = await houseAccounts();
    for (const [index, uid] of uids.entries()) {
      if (house.includes(uid))
        throw invalid(index === 0 ? 'uid' : `superiors.${index - 1}`, 'is a house account');
    }
  }

  const refresh = createRefresh({
    relations,
    apply: (claim) => applyClaim({ ...claim, enters: false, heard: 'asked' }),
    callUrs,
    clock,
    report,
  });

  /** What URS says of his superiors; `undefined` when it cannot tell: he may come in all the same. */
  async function teamOf({ uid, nickname }: UrsUser, context: CallContext) {
    const nicknames = new Map(nickname === undefined ? [] : [[uid, nickname]]);
    try {
      // A cached answer may be older than what was pushed to us since.
      const fresh = { ...context, uncached: true };
      const { dataText, stale } = await callUrs('userTeam', { userId: uid }, fresh);
      if (stale) return { nicknames };
      const team = readUserTeam(dataText, uid);
      return { superiors: team.superiors, nicknames: new Map([...team.nicknames, ...nicknames]) };
    } catch (error) {
      if (!isGatewayError(error) || isGatewayError(error, 'INTERNAL')) throw error;
      report(`URS did not tell the superiors of ${uid}; he enters without news of them.`, error);
      return { nicknames };
    }
  }

  async function enter({ userKey, localUserId }: EnterInput, context: CallContext): Promise<Entered> {
    const info = await callUrs('userInfo', { userKey }, context);
    const user = readUserInfo(info.dataText);
    const claim: Claim & { nicknames: ReadonlyMap<Uid, string> } = {
      uid: user.uid,
      enters: true,
      source: 'enter',
      ...(await teamOf(user, context)),
      ...(localUserId === undefined ? {} : { localUserId }),
    };
    const told = claim.superiors !== undefined;
    let stale = info.stale || !told;
    const applied = await applyClaim({ ...claim, ...(told ? { heard: 'asked' } : {}) }).catch(
      (error: unknown) => {
        if (!told || !isGatewayError(error, 'VALIDATION_FAILED')) throw error;
        // What URS says would close a circle: that is between URS and its relations, the user comes in.
        report(`The superiors that URS names for ${user.uid} are refused.`, error);
        stale = true;
        const { superiors: _refused, ...rest } = claim;
        return applyClaim(rest);
      },
    );
    return {
      ursUid: user.uid,
      localUserId: applied.localUserId ?? null,
      nickname: applied.nickname ?? null,
      superiors: applied.superiors,
      created: applied.created,
      stale,
    };
  }

  async function found(uid: Uid, context: CallContext): Promise<{ person: Person; stale: boolean }> {
    const answer = await refresh.read(uid, context);
    if (!answer) throw unknown(uid);
    return answer;
  }

  return {
    async register({ uid: given, superiors: names, source }) {
      const uid = uidOf(given, 'uid');
      const superiors = superiorsOf(uid, names);
      const applied = await applyClaim({ uid, superiors, source, enters: true, heard: 'pushed' });
      return { uid, superiors: applied.superiors, created: applied.created };
    },

    enter,

    async user(uid, context) {
      const { person, stale } = await found(uid, context);
      return {
        uid,
        state: person.state,
        localUserId: person.localUserId ?? null,
        nickname: person.nickname ?? null,
        superiors: person.superiors,
        createdAt: person.createdAt,
        updatedAt: person.updatedAt,
        refreshedAt: timeOf(person.refreshedAt),
        stale,
      };
    },

    async team(uid, context) {
      const { person, stale } = await found(uid, context);
      const { superiors } = person;
      const rows = superiors.length === 0 ? [] : await documents.batchGet(table, superiors.map(personKey));
      const team = superiors.map((superior, index) => ({
        level: index + 1,
        uid: superior,
        nickname: nicknameIn(rows, superior),
      }));
      return { uid, superiors, team, refreshedAt: timeOf(person.refreshedAt), stale };
    },

    async downline(uid, { level, limit, cursor }, context) {
      if (!(await relations.person(uid))) throw unknown(uid);
      const [{ count: ursCount, stale }, page] = await Promise.all([
        refresh.count(uid, level, context),
        listings.downline(uid, level, limit, cursor),
      ]);
      return { uid, level, ursCount, stale, ...page };
    },

    history: (uid) => readHistory(documents, table, uid),
    syncUsers: createSync({ relations, listings, refresh, clock }),
    heal: () => repairs.resume(),
  };
}

function nicknameIn(rows: Item[], uid: Uid): string | null {
  const nickname = rows.find((row) => row['uid'] === String(uid))?.['nickname'];
  return typeof nickname === 'string' ? nickname : null;
}

const timeOf = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());

const unknown = (uid: Uid) => new GatewayError('NOT_FOUND', `There is no URS user ${uid}.`);
