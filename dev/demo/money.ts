/**
 * The story of money. URS sends webhooks; the result is read back through Gatehouse's API and added up here.
 */
import { done } from './api.ts';
import { businessIsTold } from './events.ts';
import { adjusts, statement, trialBalance } from './books.ts';
import { moneyContextOf, same } from './money-context.ts';
import type { MoneyContext, MoneyScene } from './money-context.ts';
import { registers, ursGoesDown } from './users.ts';

const RACERS = 50;

export async function playMoney(scene: MoneyScene): Promise<void> {
  const context = moneyContextOf(scene);
  await registers(context);
  await deposits(context);
  await anotherAmount(context);
  await race(context);
  await exact(context);
  await adjusts(context);
  await statement(context);
  await businessIsTold(context);
  await ursGoesDown(context);
  await trialBalance(context);
}

async function deposits({ tell, partner, send, order, balance }: MoneyContext): Promise<void> {
  tell.step('A deposit comes in, and comes again, as a sender without an answer does');
  const deposit = order('10.0', `${partner.code}-IN`);
  const first = await send('deposit', deposit);
  tell.say(`10.0 USDT → ${first.status}, ${String(first.body.data?.['diamondAmount'])} DIAMOND`);
  const again = await send('deposit', deposit);
  tell.say(`the same, sealed anew → ${again.status}, replayed: ${again.body.replayed ?? false}`);
  tell.claim('the same answer, marked', same(again.body, { ...first.body, replayed: true }));
  const held = await balance();
  tell.claim('paid once', held === '3000', held);
}

async function anotherAmount({ tell, stack, partner, send, order, balance }: MoneyContext): Promise<void> {
  tell.step('The same transactionId with another amount');
  const { status, body } = await send('deposit', order('11', `${partner.code}-IN`));
  tell.say(`11 USDT under the id of the 10 → ${status} ${body.code ?? ''}`);
  tell.claim('refused', status === 409 && body.code === 'IDEMPOTENCY_MISMATCH');
  const held = await balance();
  tell.claim('nothing moved', held === '3000', held);
  const alerts = await done<{ items: { kind: string; subject: string }[] }>(
    stack,
    'GET',
    '/v1/admin/alerts?state=firing&limit=200',
  );
  const alert = alerts.items.find(({ subject }) => subject.includes(`${partner.code}-IN`));
  tell.claim('an alert is raised', alert !== undefined, alert?.kind);
}

async function race({ tell, partner, send, order, balance }: MoneyContext): Promise<void> {
  tell.step(`${RACERS} withdrawals of 10 USDT race for a balance that covers one`);
  const answers = await Promise.all(
    Array.from({ length: RACERS }, (_, racer) =>
      send('withdraw', order('10', `${partner.code}-OUT-${racer}`)),
    ),
  );
  const settled = answers.filter(({ status }) => status === 200).length;
  const short = answers.filter(({ body }) => body.code === 'INSUFFICIENT_FUNDS').length;
  tell.say(`${settled} settled, ${short} short of funds`);
  tell.claim('exactly one settled', settled === 1 && short === RACERS - 1);
  const held = await balance();
  tell.claim('the balance is what is left', held === '0', held);
}

async function exact({ tell, partner, send, order, userId, balance }: MoneyContext): Promise<void> {
  tell.step('Every digit counts, and a check moves nothing');
  const { body } = await send('deposit', order('123456.0123456789', `${partner.code}-EXACT`));
  tell.say(`123456.0123456789 USDT → ${String(body.data?.['diamondAmount'])} DIAMOND`);
  const tiny = await send('deposit', order('1.0e-10', `${partner.code}-TINY`));
  tell.say(`1.0e-10 USDT → ${String(tiny.body.data?.['diamondAmount'])} DIAMOND`);
  const enough = await send('check', `{"userId":${userId},"usdtAmount":123456.0123456790}`);
  const tooMuch = await send('check', `{"userId":${userId},"usdtAmount":123456.0123456791}`);
  tell.say(
    `check for all there is → ${String(enough.body.data?.['allowed'])}, for 10⁻¹⁰ USDT more → ${String(tooMuch.body.data?.['allowed'])}`,
  );
  tell.claim(
    'a check is right to the last digit',
    enough.body.data?.['allowed'] === true && tooMuch.body.data?.['allowed'] === false,
  );
  const held = await balance();
  tell.claim('nothing was rounded, and no check moved anything', held === '37036803.7037037', held);
}
