import { ursCalls } from '../../lib/calls/urs-call.ts';
import { DEFAULT_MONEY, moneySettings } from '../../lib/partners/settings.ts';
import { createReferrals } from '../../lib/referrals/create-referrals.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { operationDeps } from './calls.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { DEFAULT_PARTNER } from './default-partner.ts';
import { log } from './log.ts';
import { catalog } from './services.ts';

export const referrals = once(() =>
  createReferrals({
    documents: documents(),
    table: resourceNames().tables.users,
    clock,
    random,
    callUrs: ursCalls(DEFAULT_PARTNER, operationDeps()),
    houseAccounts: async () => {
      const partner = (await catalog().list()).find(({ definition }) => definition.code === DEFAULT_PARTNER);
      const { fundUserId, controlUserId } = partner ? moneySettings(partner.definition) : DEFAULT_MONEY;
      return [Number(fundUserId), Number(controlUserId)];
    },
    report: (message, error) => log().warn(message, { error }),
  }),
);
