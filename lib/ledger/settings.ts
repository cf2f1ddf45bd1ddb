import { GatewayError } from '../runtime/errors.ts';
import { MAX_SHARDS } from './keys.ts';
import type { AccountId } from './ledger.ts';

/** What the definition of URS says about the ledger. */
export interface LedgerSettings {
  /** The warehouse, 15. */
  fundUserId: string;
  /** Adjustments, 16. */
  controlUserId: string;
  /** 1 to 32. More shards serve at once; fewer leave balances where they are, and they still count. */
  houseShards: number;
}

export const DEFAULT_SETTINGS: LedgerSettings = { fundUserId: '15', controlUserId: '16', houseShards: 16 };

export const housesOf = ({ fundUserId, controlUserId }: LedgerSettings): AccountId[] => [
  `house:${fundUserId}`,
  `house:${controlUserId}`,
];

/** @throws `CONFIGURATION_ERROR`. */
export function checkedShards({ houseShards }: LedgerSettings): number {
  if (Number.isInteger(houseShards) && houseShards >= 1 && houseShards <= MAX_SHARDS) return houseShards;
  throw new GatewayError('CONFIGURATION_ERROR', `houseShards must be 1 to ${MAX_SHARDS}.`);
}
