import { createOutbox } from '../../../lib/events/outbox.ts';
import { createClaims } from '../../../lib/referrals/claims.ts';
import { createReferrals } from '../../../lib/referrals/create-referrals.ts';
import type { ReferralsOptions } from '../../../lib/referrals/create-referrals.ts';
import type { ServiceReferrals } from '../../../lib/referrals/referrals.ts';
import { createRegistrar } from '../../../lib/referrals/registrar.ts';
import type { Registered, RegisterInput } from '../../../lib/referrals/registrar.ts';
import type { RequestContext, UplineSource } from '../../../lib/referrals/upline-source.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import type { TestStores } from '../../stores.ts';

export const T0 = Date.parse('2026-11-21T04:00:00Z');
export const SERVICE = 'URS_PROMOTION';

export interface FakePartner {
  /** ukey → user. */
  users: Map<string, { uid: number; nickname: string }>;
  /** uid → superiors, nearest first. */
  teams: Map<number, number[]>;
  counts: Map<string, number>;
  down: boolean;
  /** Only older answers, as the pipeline gives them while the partner is down. */
  stale: boolean;
  calls: string[];
  source: UplineSource;
}

export function fakePartner(): FakePartner {
  const answer = async (call: string) => {
    partner.calls.push(call);
    await Promise.resolve();
    if (partner.down) throw new GatewayError('PLATFORM_UNAVAILABLE', 'The partner is down.');
  };
  const partner: FakePartner = {
    users: new Map(),
    teams: new Map(),
    counts: new Map(),
    down: false,
    stale: false,
    calls: [],
    source: {
      async userInfo(userKey) {
        await answer(`userInfo ${userKey}`);
        const user = partner.users.get(userKey);
        if (!user) throw new GatewayError('PLATFORM_API_ERROR', 'no user id');
        return { ...user, stale: partner.stale };
      },
      async userTeam(uid) {
        await answer(`userTeam ${uid}`);
        if (partner.stale) return undefined;
        return { superiors: partner.teams.get(uid) ?? [], nicknames: new Map() };
      },
      async levelCount(uid, level) {
        await answer(`levelCount ${uid} ${level}`);
        return { count: partner.counts.get(`${uid} ${level}`) ?? 0, stale: partner.stale };
      },
    },
  };
  return partner;
}

/** One process at work on the users of one service. */
export interface Process extends ServiceReferrals {
  register(input: Omit<RegisterInput, 'service'>): Promise<Registered>;
  resumeRepairs(): Promise<boolean>;
}

/** A row of a person's history, ids as numbers. */
export interface Change {
  number: number;
  before: number | null;
  after: number | null;
  at: string;
  source: string;
  claimUid: number;
}

export interface Scene {
  partner: FakePartner;
  clock: { now(): number; sleep(): Promise<void>; forward(ms: number): void };
  context: RequestContext;
  reports: string[];
  users: Process;
  /** Another process on the same table; every process shares clock and partner. */
  open(extra?: Partial<ReferralsOptions>, service?: string): Process;
  /** Ids of this scene's own: `id(1)`, `id(2)`. */
  id: (n: number) => number;
  /** All changes of a person's superior, oldest first, as the table holds them. */
  history(uid: number, service?: string): Promise<Change[]>;
}

let scenes = 0;

export function scene(stores: TestStores): Scene {
  const base = ++scenes * 1_000_000;
  let now = T0;
  const partner = fakePartner();
  const reports: string[] = [];
  const clock = {
    now: () => now,
    // Real tasks in between, so that others get their turn; no real time.
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
    forward: (ms: number) => void (now += ms),
  };
  const open = (extra: Partial<ReferralsOptions> = {}, service = SERVICE): Process => {
    const options: ReferralsOptions = {
      documents: stores.documents,
      table: stores.names.tables.users,
      outbox: createOutbox({ documents: stores.documents, table: stores.names.tables.events }),
      clock,
      random: systemRandom,
      cursors,
      uplineSource: () => partner.source,
      houseAccounts: () => Promise.resolve([15, 16]),
      report: (message) => void reports.push(message),
      ...extra,
    };
    const registrar = createRegistrar(options);
    return {
      ...createReferrals(options).of(service),
      register: (input) => registrar.register({ ...input, service }),
      resumeRepairs: () => createClaims(service, options).resumeRepairs(),
    };
  };
  return {
    partner,
    clock,
    context: {
      requestId: 'r',
      caller: 'c',
      get deadline() {
        return { at: now + 20_000 };
      },
    },
    reports,
    users: open(),
    open,
    id: (n) => base + n,
    history: (uid, service = SERVICE) => readChanges(stores, `USER#${service}#${uid}`),
  };
}

async function readChanges({ documents, names }: TestStores, pk: string): Promise<Change[]> {
  const { items } = await documents.query({
    table: names.tables.users,
    where: 'pk = :pk AND begins_with(sk, :changes)',
    values: { ':pk': pk, ':changes': 'CHANGE#' },
    consistent: true,
  });
  const uid = (value: unknown) => (value === null ? null : Number(value));
  return items.map((item: Item) => ({
    number: Number(String(item['sk']).slice('CHANGE#'.length)),
    before: uid(item['before']),
    after: uid(item['after']),
    at: String(item['at']),
    source: String(item['source']),
    claimUid: Number(item['claimUid']),
  }));
}

/** The process died here: nothing it does from now on reaches the store. */
export class Killed extends Error {}

/** Documents of a process that is killed before or after its `at`-th call. */
export function mortal(
  documents: Documents,
  at: number,
  when: 'before' | 'after',
): Documents & { calls(): number } {
  let calls = 0;
  let dead = false;
  const live = async <T>(run: () => Promise<T>): Promise<T> => {
    const number = ++calls;
    if (dead || (number === at && when === 'before')) {
      dead = true;
      throw new Killed();
    }
    const result = await run();
    if (number === at) dead = true;
    if (dead) throw new Killed();
    return result;
  };
  return {
    ...documents,
    calls: () => calls,
    get: (...input) => live(() => documents.get(...input)),
    batchGet: (...input) => live(() => documents.batchGet(...input)),
    put: (...input) => live(() => documents.put(...input)),
    update: (...input) => live(() => documents.update(...input)),
    delete: (...input) => live(() => documents.delete(...input)),
    query: (...input) => live(() => documents.query(...input)),
    transact: (...input) => live(() => documents.transact(...input)),
  };
}
