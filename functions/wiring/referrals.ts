import { ursCalls } from '../../lib/calls/urs-call.ts';
import { createReferrals } from '../../lib/referrals/create-referrals.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { operationDeps } from './calls.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { moneySettings, URS } from './ledger.ts';
import { log } from './log.ts';

export const referrals = once(() =>
  createReferrals({
    documents: documents(),
    table: resourceNames().tables.users,
    clock,
    random,
    callUrs: ursCalls(URS, operationDeps()),
    houseAccounts: async () => {
      const { fundUserId, controlUserId } = await moneySettings();
      return [Number(fundUserId), Number(controlUserId)];
    },
    report: (message, error) => log().warn(message, { error }),
  }),
);
