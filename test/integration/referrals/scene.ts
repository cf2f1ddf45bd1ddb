import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import type { CallContext, CallUrs } from '../../../lib/referrals/context.ts';
import { createReferrals } from '../../../lib/referrals/create-referrals.ts';
import type { ReferralsOptions } from '../../../lib/referrals/create-referrals.ts';
import type { Referrals } from '../../../lib/referrals/referrals.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { TestStores } from '../../stores.ts';

export const T0 = Date.parse('2026-11-21T04:00:00Z');

export interface FakeUrs {
  /** ukey → user. */
  users: Map<string, { userId: number; nickname: string }>;
  /** uid → superiors, nearest first. */
  teams: Map<number, number[]>;
  counts: Map<string, number>;
  down: boolean;
  /** Only older answers, as the pipeline gives them while URS is down. */
  stale: boolean;
  calls: string[];
  call: CallUrs;
}

export function fakeUrs(): FakeUrs {
  const urs: FakeUrs = {
    users: new Map(),
    teams: new Map(),
    counts: new Map(),
    down: false,
    stale: false,
    calls: [],
    async call(operation, params) {
      urs.calls.push(`${operation} ${Object.values(params).join(' ')}`);
      await Promise.resolve();
      if (urs.down) throw new GatewayError('PLATFORM_UNAVAILABLE', 'URS is down.');
      const data =
        operation === 'userInfo'
          ? urs.users.get(String(params['userKey']))
          : operation === 'userTeam'
            ? { team: urs.teams.get(Number(params['userId'])) ?? [] }
            : { count: urs.counts.get(`${params['userId']} ${params['level']}`) ?? 0 };
      return { dataText: JSON.stringify({ success: data !== undefined, data }), stale: urs.stale };
    },
  };
  return urs;
}

export interface Scene {
  urs: FakeUrs;
  clock: { now(): number; sleep(): Promise<void>; forward(ms: number): void };
  context: CallContext;
  reports: string[];
  promotion: Referrals;
  /** Another process on the same table; every process shares clock and URS. */
  open(extra?: Partial<ReferralsOptions>): Referrals;
  /** Ids of this scene's own: `id(1)`, `id(2)`. */
  id: (n: number) => number;
}

let scenes = 0;

export function scene(stores: TestStores): Scene {
  const base = ++scenes * 1_000_000;
  let now = T0;
  const urs = fakeUrs();
  const reports: string[] = [];
  const clock = {
    now: () => now,
    // Real tasks in between, so that others get their turn; no real time.
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
    forward: (ms: number) => void (now += ms),
  };
  const open = (extra: Partial<ReferralsOptions> = {}) =>
    createReferrals({
      documents: stores.documents,
      table: stores.names.tables.users,
      clock,
      random: systemRandom,
      callUrs: urs.call,
      houseAccounts: () => Promise.resolve([15, 16]),
      report: (message) => void reports.push(message),
      ...extra,
    });
  return {
    urs,
    clock,
    context: {
      requestId: 'r',
      caller: 'c',
      get deadline() {
        return { at: now + 20_000 };
      },
    },
    reports,
    promotion: open(),
    open,
    id: (n) => base + n,
  };
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
