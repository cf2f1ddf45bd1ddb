import type { Documents } from '../vendors/dynamodb/documents.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { houseAccount, sum, userBalance } from './accounts.ts';
import { DEFAULT_PATIENCE_MS, patiently } from './contention.ts';
import { invalid } from './cursor.ts';
import { houseStatement } from './house-statement.ts';
import { readTransfer } from './items.ts';
import { isAccountId, isHouse, transferKey } from './keys.ts';
import type { AccountId, AdjustInput, Ledger, PostInput } from './ledger.ts';
import { post } from './posting.ts';
import { DEFAULT_SETTINGS, housesOf } from './settings.ts';
import type { LedgerSettings } from './settings.ts';
import { userStatement } from './statement.ts';
import { trialBalance } from './trial-balance.ts';

export interface LedgerOptions {
  /** Best with `maxAttempts: 1`: the ledger tries again by itself, and then knows what it has sent. */
  documents: Documents;
  table: string;
  clock: Clock;
  random: Random;
  /** Asked for at every use: a change takes effect at once. Default: 15, 16 and 16 shards. */
  settings?: () => LedgerSettings | Promise<LedgerSettings>;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
/** Characters; as `post` has it. */
const MAX_ID = 128;

export function createLedger(options: LedgerOptions): Ledger {
  const { documents, table, clock, random, settings = () => DEFAULT_SETTINGS } = options;
  const deps = { documents, table, clock, random };
  const patience = () => ({ clock, random, deadlineAt: clock.now() + DEFAULT_PATIENCE_MS });

  return {
    post: async (input) => post(deps, await settings(), input),

    async transfer(transactionId) {
      // No transfer was ever made under a longer id, and DynamoDB would not look for one.
      if (transactionId.length > MAX_ID) return undefined;
      const item = await documents.get(table, transferKey(transactionId), { consistent: true });
      return item && readTransfer(item).transfer;
    },

    async account(accountId) {
      const id = checked(accountId);
      if (!isHouse(id)) {
        const balance = await userBalance(deps, id);
        return balance && sum(id, [balance]);
      }
      const house = await patiently(patience(), () => houseAccount(deps, id));
      return house.entries > 0 || housesOf(await settings()).includes(id) ? house : undefined;
    },

    async entries(accountId, query = {}) {
      const id = checked(accountId);
      const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
      return isHouse(id)
        ? houseStatement(deps, id, { ...query, limit })
        : userStatement(deps, id, { ...query, limit }, patience());
    },

    trialBalance: ({ deep = false } = {}) => trialBalance(deps, { deep, patience }),

    async adjust(input) {
      const now = await settings();
      return post(deps, now, adjustment(input, `house:${now.controlUserId}`));
    },
  };
}

function checked(accountId: string): AccountId {
  if (isAccountId(accountId)) return accountId;
  throw invalid('accountId', 'must be user:{id} or house:{id}');
}

function adjustment({ userId, amount, ...rest }: AdjustInput, control: AccountId): PostInput {
  const user: AccountId = `user:${userId}`;
  if (amount === 0n) {
    const fields = [{ field: 'amount', message: 'must not be zero' }];
    throw new GatewayError('VALIDATION_FAILED', 'amount must not be zero.', { fields });
  }
  return amount > 0n
    ? { ...rest, type: 'adjustment', from: control, to: user, amount, house: 'from' }
    : { ...rest, type: 'adjustment', from: user, to: control, amount: -amount, house: 'to' };
}
