/** One event that nothing has happened for, sent at once: does the address answer, does its signature check hold? */
import type { Clock, Deadline } from '../runtime/clock.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Attempt } from './delivery.ts';
import type { Outlet, Outlets } from './outlet.ts';
import type { Message } from './send.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Of no type that a subscription chooses. */
const TEST = 'subscription.test';

export interface TestDeps {
  subscriptions: Pick<Subscriptions, 'read'>;
  outlets: Outlets;
  clock: Clock;
  random: Random;
}

export type Tested = Attempt & { id: string; delivered: boolean };

/** Also to a disabled one. `NOT_FOUND`; `CONFIGURATION_ERROR` where its secret is lost. */
export async function sendTest(subscription: string, deadline: Deadline, deps: TestDeps): Promise<Tested> {
  const found = await deps.subscriptions.read(subscription);
  if (!found) throw new GatewayError('NOT_FOUND', `Subscription ${subscription} not found.`);
  const outlet = await deps.outlets.open(found);
  if (!outlet)
    throw new GatewayError('CONFIGURATION_ERROR', 'The secret can no longer be opened: rotate it.');
  const { clock, random } = deps;
  const message = {
    id: `evt_test_${random.id(clock.now())}`,
    type: TEST,
    at: new Date(clock.now()).toISOString(),
    dataText: JSON.stringify({ subscription }),
  };
  return tested(outlet, message, deadline);
}

/** Sends it, once. */
export async function tested(outlet: Outlet, message: Message, deadline: Deadline): Promise<Tested> {
  const { outcome, askedMs: _, ...attempt } = await outlet.send(message, deadline);
  return { id: message.id, delivered: outcome === 'taken', ...attempt };
}
