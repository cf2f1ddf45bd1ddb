/**
 * Which account a call takes, of a service with several (docs/builders/accounts.md). The guard chooses in its round trip,
 * by what the whole fleet knows; this process adds what only it knows: which accounts have just failed, and until when.
 */
import { LRUCache } from 'lru-cache';
import { ONE_ACCOUNT } from '../../access/credentials/credentials.ts';
import type { Account } from '../../access/credentials/credentials.ts';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Clock } from '../../runtime/clock.ts';
import { changedError, isGatewayError } from '../../runtime/errors.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { CallableService } from '../definition.ts';
import type { Candidate, GuardDecision } from '../guard/guard.ts';

/** Pins a call to one account. */
export const ACCOUNT_HEADER = 'X-Gatehouse-Account';

export interface AccountChoice {
  /** @throws GatewayError `VALIDATION_FAILED` naming the header, for a pinned account that there is not. */
  begin(
    service: CallableService,
    call: { pinned?: string | undefined; operation: string },
  ): Promise<AccountTurn>;
}

/** The accounts that one call may take, one after the other. */
export interface AccountTurn {
  /** What nobody may read, of all accounts: a third party may give back another's. */
  secrets: readonly string[];
  /** For the guard to choose from; `undefined`: the service has one account. */
  candidates(): Candidate[] | undefined;
  /** Are there others to try, should the one that was decided on fail? */
  hasOthers(decision: GuardDecision): boolean;
  /** The account that was decided on failed for what it is, not for what is called. `true`: there are others to try. */
  failed(decision: GuardDecision, error: unknown): boolean;
  /** Of all that failed, the one that comes back soonest. */
  soonest(): Failure;
}

export interface Failure {
  account: string | undefined;
  error: unknown;
}

/** As many as the guard looks at in one round trip: of more, a choice at random is nearly as even. */
const MAX_CANDIDATES = 8;
/** No pause is believed for longer: an operator may have ended it, milliseconds. */
const LONGEST_PAUSE_MS = 60_000;
/** Nothing but a correction helps, which shows by itself where it is one of the credentials or the definition. */
const CONFIGURATION_PAUSE_MS = 30_000;

interface Pause {
  until: number;
  error: unknown;
}

export function createAccountChoice(deps: {
  authenticator: Authenticator;
  clock: Clock;
  random: Random;
}): AccountChoice {
  const { authenticator, clock, random } = deps;
  const pauses = new LRUCache<string, Pause>({ max: 5_000 });

  function turnOf(service: CallableService, operation: string, accounts: readonly Account[]) {
    const left = new Map(accounts.map((account) => [account.name, account]));
    const failures: Failure[] = [];
    let asked: Account[] = [];

    const keyOf = ({ name, mark }: Account) =>
      `${service.definition.code}/${name} ${mark} ${service.revision}`;
    /** The account may serve everything but this operation. */
    const operationKeyOf = (account: Account) => `${keyOf(account)} ${operation}`;
    const pauseOf = (account: Account): Pause | undefined =>
      [keyOf(account), operationKeyOf(account)]
        .map((key) => pauses.get(key))
        .find((pause) => pause !== undefined && pause.until > clock.now());
    const open = () => [...left.values()].filter((account) => !pauseOf(account));
    /** None of those that were looked at is fit: the others come back even later. */
    const spent = ({ account, unfit }: GuardDecision) =>
      asked.filter(({ name }) => unfit || name === account).map(({ name }) => name);

    return {
      candidates: (): Candidate[] => {
        const some = open();
        // All of them paused: the first of a call is tried all the same, what this process knows may be out of date.
        asked = sample(some.length > 0 ? some : [...left.values()], MAX_CANDIDATES, random);
        return asked.map(({ name, mark }) => ({
          account: name,
          mark,
          stateKey: authenticator.stateKey({ ...service, account: name }),
          fitnessKeys: authenticator.fitnessKeys(service, name),
        }));
      },
      hasOthers: (decision: GuardDecision): boolean => {
        const names = spent(decision);
        return open().some(({ name }) => !names.includes(name));
      },
      failed: (decision: GuardDecision, error: unknown): boolean => {
        const { account } = decision;
        failures.push({ account, error });
        const used = asked.find(({ name }) => name === account);
        const pauseMs = pauseOfError(error);
        if (used && pauseMs > 0) {
          const key = isOfOperation(error) ? operationKeyOf(used) : keyOf(used);
          pauses.set(key, { until: clock.now() + pauseMs, error });
        }
        for (const name of spent(decision)) left.delete(name);
        return open().length > 0;
      },
      soonest: (): Failure => {
        const remembered = [...left.values()].flatMap((account) => {
          const pause = pauseOf(account);
          return pause ? [{ account: account.name, error: shortened(pause, clock.now()) }] : [];
        });
        return [...failures, ...remembered].reduce((a, b) => (waitOf(b) <= waitOf(a) ? b : a));
      },
    };
  }

  return {
    async begin(service, { pinned, operation }) {
      const { list, secrets } = await authenticator.accounts(service).catch((error: unknown) => {
        // A session that is there serves without credentials; one of several is not found without their names.
        if (pinned !== undefined) throw error;
        return ONE_ACCOUNT;
      });
      const { code } = service.definition;
      if (list.length === 0) {
        if (pinned !== undefined) throw invalid(ACCOUNT_HEADER, `is refused: ${code} has one account`);
        return THE_ONLY_ONE;
      }
      const accounts = pinned === undefined ? list : list.filter(({ name }) => name === pinned);
      if (accounts.length === 0) throw invalid(ACCOUNT_HEADER, `is no account of ${code}`);
      return { secrets, ...turnOf(service, operation, accounts) };
    },
  };
}

const isOfOperation = (error: unknown) => isGatewayError(error, 'SESSION_EXPIRED', 'CONFIGURATION_ERROR');

const THE_ONLY_ONE: AccountTurn = {
  secrets: [],
  candidates: () => undefined,
  hasOthers: () => false,
  failed: () => false,
  soonest: () => ({ account: undefined, error: undefined }),
};

/** What the guard sees for itself is not remembered here: a lockout that an operator lifts ends at once. */
const SEEN_BY_GUARD: readonly ErrorCode[] = [
  'AUTHENTICATION_FAILED',
  'QUOTA_EXCEEDED',
  'LOGIN_IN_PROGRESS',
  'SESSION_NEEDS_PERSON',
];

function pauseOfError(error: unknown): number {
  if (!isGatewayError(error) || SEEN_BY_GUARD.includes(error.code)) return 0;
  if (error.code === 'CONFIGURATION_ERROR') return CONFIGURATION_PAUSE_MS;
  return Math.min(LONGEST_PAUSE_MS, (error.retryAfterSeconds ?? 0) * 1_000);
}

function shortened({ error, until }: Pause, now: number): unknown {
  if (!isGatewayError(error) || error.retryAfterSeconds === undefined) return error;
  return changedError(error, { retryAfterSeconds: Math.max(1, Math.ceil((until - now) / 1_000)) });
}

const waitOf = ({ error }: Failure): number =>
  (isGatewayError(error) ? error.retryAfterSeconds : undefined) ?? Infinity;

/** In no order, so that those without a history are not all taken by name. */
function sample<T>(all: readonly T[], most: number, random: Pick<Random, 'fraction'>): T[] {
  const rest = [...all];
  const taken: T[] = [];
  while (rest.length > 0 && taken.length < most) {
    taken.push(...rest.splice(Math.floor(random.fraction() * rest.length), 1));
  }
  return taken;
}
