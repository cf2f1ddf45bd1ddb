import { GatewayError } from '../runtime/errors.ts';
import type { Cursors } from '../text/cursors.ts';
import type { UserId } from '../text/user-id.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { createClaims } from './claims.ts';
import type { ClaimsOptions } from './claims.ts';
import { coalesceRequests } from './coalesced-source.ts';
import { createEnter } from './enter.ts';
import { keysOf } from './keys.ts';
import { createListings } from './listings.ts';
import type { Person } from './person.ts';
import type { Referrals, ServiceReferrals, TeamView, UserView } from './referrals.ts';
import { createRefresh } from './refresh.ts';
import { createSync } from './sync.ts';
import type { RequestContext, UplineSource } from './upline-source.ts';

export interface ReferralsOptions extends ClaimsOptions {
  /** Where the partner of a service is asked about its users. */
  uplineSource: (service: string) => UplineSource;
  cursors: Cursors;
}

export function createReferrals(options: ReferralsOptions): Referrals {
  const uplineSource = coalesceRequests(options.uplineSource);
  return { of: (service) => serviceReferrals(service, uplineSource(service), options) };
}

function serviceReferrals(
  service: string,
  source: UplineSource,
  options: ReferralsOptions,
): ServiceReferrals {
  const { documents, table, clock, report } = options;
  const keys = keysOf(service);
  const claims = createClaims(service, options);
  const listings = createListings(service, options);
  const refresh = createRefresh({ claims, source, clock, report });
  const notFound = (uid: UserId) => new GatewayError('NOT_FOUND', `User ${uid} not found in ${service}.`);

  async function read(uid: UserId, context: RequestContext): Promise<{ person: Person; stale: boolean }> {
    const found = await refresh.read(uid, context);
    if (!found) throw notFound(uid);
    return found;
  }

  async function teamOf(superiors: readonly UserId[]): Promise<TeamView['team']> {
    const rows = superiors.length === 0 ? [] : await documents.batchGet(table, superiors.map(keys.person));
    return superiors.map((uid, index) => ({ level: index + 1, uid, nickname: nicknameIn(rows, uid) }));
  }

  return {
    enter: createEnter({ claims, source, report }),

    async user(uid, context) {
      const { person, stale } = await read(uid, context);
      return userView(person, stale);
    },

    async team(uid, context) {
      const { person, stale } = await read(uid, context);
      const { superiors, refreshedAt } = person;
      return { uid, superiors, team: await teamOf(superiors), refreshedAt: timeOf(refreshedAt), stale };
    },

    async downline(uid, { level, limit, cursor }, context) {
      if (!(await claims.person(uid))) throw notFound(uid);
      const [{ count: partnerCount, stale }, page] = await Promise.all([
        refresh.count(uid, level, context),
        listings.downline(uid, level, limit, cursor),
      ]);
      return { uid, level, partnerCount, stale, ...page };
    },

    syncUsers: createSync({ claims, listings, refresh, clock, notFound }),
  };
}

function userView(person: Person, stale: boolean): UserView {
  const { uid, state, localUserId, nickname, superiors, createdAt, updatedAt, refreshedAt } = person;
  return {
    uid,
    state,
    localUserId: localUserId ?? null,
    nickname: nickname ?? null,
    superiors,
    createdAt,
    updatedAt,
    refreshedAt: timeOf(refreshedAt),
    stale,
  };
}

function nicknameIn(rows: Item[], uid: UserId): string | null {
  const nickname = rows.find((row) => row['uid'] === String(uid))?.['nickname'];
  return typeof nickname === 'string' ? nickname : null;
}

const timeOf = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
