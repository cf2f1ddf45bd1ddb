import { operationCaller } from '../../lib/calls/operation/caller.ts';
import { ursUplineSource } from '../../lib/partners/urs/upline-source.ts';
import { createReferrals } from '../../lib/referrals/create-referrals.ts';
import { once } from '../../lib/runtime/once.ts';
import { operationDeps } from './calls.ts';
import { cursors } from './cursors.ts';
import { claimsOptions } from './registrations.ts';
import { catalog } from './services.ts';

export const referrals = once(() => {
  const callOperation = operationCaller(operationDeps());
  return createReferrals({
    ...claimsOptions(catalog()),
    cursors: cursors(),
    uplineSource: (service) => ursUplineSource(service, callOperation),
  });
});
