import type { PartnerCatalog } from '../../lib/partners/definition.ts';
import { DEFAULT_MONEY, moneySettings } from '../../lib/partners/settings.ts';
import type { ClaimsOptions } from '../../lib/referrals/claims.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';
import { outbox } from './outbox.ts';

/** Dependencies of applying a partner's claims about users. @param catalog names the house accounts. */
export const claimsOptions = (catalog: PartnerCatalog): ClaimsOptions => ({
  documents: documents(),
  table: resourceNames().tables.users,
  outbox: outbox(),
  clock,
  random,
  houseAccounts: async (code) => {
    const partner = (await catalog.list()).find(({ definition }) => definition.code === code);
    const { fundUserId, controlUserId } = partner ? moneySettings(partner.definition) : DEFAULT_MONEY;
    return [Number(fundUserId), Number(controlUserId)];
  },
  report: (message, error) => log().warn(message, { error }),
});
