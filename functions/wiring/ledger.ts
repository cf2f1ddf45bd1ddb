import { createLedger } from '../../lib/ledger/create-ledger.ts';
import { ursSettings } from '../../lib/partners/urs/settings.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { ledgerDocuments } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { catalog } from './services.ts';

/** The partner whose users and money these are. */
export const URS = 'URS_PROMOTION';

/** The one service whose settings say which accounts are the house's. Not registered yet: the defaults. */
export const moneySettings = async () => {
  const service = (await catalog().list()).find(({ definition }) => definition.code === URS);
  return ursSettings(service?.definition);
};

export const ledger = once(() =>
  createLedger({
    documents: ledgerDocuments(),
    table: resourceNames().tables.ledger,
    clock,
    random,
    settings: moneySettings,
  }),
);
