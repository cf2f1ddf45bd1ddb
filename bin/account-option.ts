import { Option } from 'commander';

/** Of a service with several accounts, which. */
export interface AccountOption {
  account?: string;
}

export const accountOption = (): Option =>
  new Option('--account <name>', 'of a service with several accounts, the one that is meant');

/** `?account=`, where one was named. */
export const accountQuery = (account: string | undefined): { query?: { account: string } } =>
  account === undefined ? {} : { query: { account } };

/** As alerts name it: `CODE`, or `CODE/north`. */
export const named = (code: string, account: string | undefined): string =>
  account === undefined ? code : `${code}/${account}`;
