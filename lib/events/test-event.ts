/** One event that nothing has happened for, sent at once: does the address answer, does its signature check hold? */
import type { Clock, Deadline } from '../runtime/clock.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Attempt } from './delivery.ts';
import { send } from './send.ts';
import type { SendDeps } from './send.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Of no type that a subscription chooses. */
const TEST = 'subscription.test';

export interface TestDeps extends SendDeps {
  subscriptions: Pick<Subscriptions, 'read' | 'secretsOf'>;
  clock: Clock;
  random: Random;
}

/** Also to a disabled one. `NOT_FOUND`; `CONFIGURATION_ERROR` where its secret is lost. */
export async function sendTest(
  subscription: string,
  deadline: Deadline,
  deps: TestDeps,
): Promise<Attempt & { id: string; delivered: boolean }> {
  const { subscriptions, clock, random } = deps;
  const found = await subscriptions.read(subscription);
  if (!found) throw new GatewayError('NOT_FOUND', `Subscription ${subscription} not found.`);
  const secrets = await subscriptions.secretsOf(found);
  if (!secrets) {
    throw new GatewayError('CONFIGURATION_ERROR', 'The secret can no longer be opened: rotate it.');
  }
  const message = {
    id: `evt_test_${random.id(clock.now())}`,
    type: TEST,
    at: new Date(clock.now()).toISOString(),
    dataText: JSON.stringify({ subscription }),
  };
  const {
    succeeded,
    askedMs: _,
    ...attempt
  } = await send({ url: found.url, secrets }, message, deadline, deps);
  return { id: message.id, delivered: succeeded, ...attempt };
}
