/** The money story, told to business code: it asks nobody, and knows. */
import { setTimeout as wait } from 'node:timers/promises';
import { done } from './api.ts';
import type { MoneyContext } from './money-context.ts';

/** A retry comes after 5 s, another after 30 s. */
const LIMIT_MS = 20_000;

export async function businessIsTold(context: MoneyContext): Promise<void> {
  const { tell, stack, sandbox, partner, send, order } = context;
  const { business } = sandbox;
  tell.step('Business code subscribes, and a deposit reaches it');
  const made = await done<{ id: string; secret: string }>(stack, 'POST', '/v1/admin/subscriptions', {
    url: business.url,
    events: ['transfer.*', 'user.*'],
    services: [partner.code],
    description: 'demo',
  });
  business.control.knows(made.secret);
  const got = (transactionId: string) =>
    business
      .received()
      .filter(({ data }) => (data as { transactionId?: string }).transactionId === transactionId);
  try {
    const first = `${partner.code}-TOLD`;
    await send('deposit', order('1', first));
    await until(() => got(first).length > 0);
    const [event] = got(first);
    const { status, amount } = (event?.data ?? {}) as { status?: string; amount?: string };
    tell.say(`${event?.type ?? 'nothing'}: ${amount ?? '-'} DIAMOND, ${status ?? '-'}`);
    tell.claim('told once, with a signature that holds', got(first).length === 1 && business.refused() === 0);

    business.control.down();
    const second = `${partner.code}-MISSED`;
    await send('withdraw', order('1', second));
    await until(async () => (await waiting(context, made.id)) > 0);
    tell.say('business code goes down; 1 USDT goes out meanwhile: the delivery waits');
    business.control.up();
    await until(() => got(second).length > 0);
    tell.claim('it is told after it is up again, 5 s after the first try', got(second).length > 0);
  } finally {
    business.control.up();
    await done(stack, 'DELETE', `/v1/admin/subscriptions/${made.id}`);
  }
}

/** Deliveries that were tried and did not arrive. */
async function waiting({ stack }: MoneyContext, id: string): Promise<number> {
  const path = `/v1/admin/subscriptions/${id}/deliveries?state=pending`;
  const { items } = await done<{ items: { attempts: number }[] }>(stack, 'GET', path);
  return items.filter(({ attempts }) => attempts > 0).length;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await holds()) && Date.now() < end) await wait(100);
}
