import { DEFAULT_MONEY, moneySettings } from '../../lib/partners/settings.ts';
import type { ClaimsOptions } from '../../lib/referrals/claims.ts';
import { createRegistrar } from '../../lib/referrals/registrar.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';
import { catalog } from './services.ts';

export const claims = once((): ClaimsOptions => ({
  documents: documents(),
  table: resourceNames().tables.users,
  clock,
  random,
  houseAccounts: async (code) => {
    const partner = (await catalog().list()).find(({ definition }) => definition.code === code);
    const { fundUserId, controlUserId } = partner ? moneySettings(partner.definition) : DEFAULT_MONEY;
    return [Number(fundUserId), Number(controlUserId)];
  },
  report: (message, error) => log().warn(message, { error }),
}));

/** Users as partners report them; asks nobody anything. */
export const registrar = once(() => createRegistrar(claims()));
