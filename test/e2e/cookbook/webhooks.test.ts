/** The cookbook's partners that call: applied as a reader does, then called as each partner's own documents say. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { epaySends, githubSends, standardSends, stripeSends } from '../../partners.ts';
import type { Delivered } from '../../urs-partner.ts';
import { pagesOf, partnerOf } from './recipe.ts';
import type { Definition } from './recipe.ts';
import { typed } from './shell.ts';
import { cookbook, message } from './styles.ts';

const { gatehouse } = cookbook();
const PAGE = 'webhooks';
const run = promisify(execFile);

/** Applies the page's definition with the page's commands. */
async function applied(code: string) {
  const { definition, credentials, commands } = partnerOf(PAGE, code);
  const { url, adminKey } = gatehouse().stack;
  await typed(definition, { credentials, commands }, { url, key: adminKey });
  return {
    definition,
    secret: String(credentials['webhookSecret']),
    url: `${url}/webhook/${(definition['webhook'] as { path: string }).path}`,
  };
}

const balance = async (account: string) =>
  (await gatehouse().ask('GET', `/v1/accounts/${account}`)).at<string>('balance');
const said = ({ json }: Delivered) => `${json.code}: ${json.error}`;
const onBothPages = (text: string) => {
  for (const page of pagesOf(PAGE)) expect(page).toContain(`\`${text}\``);
};
const faults = async (definition: Definition) =>
  message(
    await gatehouse().ask('PUT', `/v1/admin/services/${definition.code}?check=true`, { body: definition }),
  );

const paid = (id: string, currency = 'usd', type = 'payment_intent.succeeded') =>
  JSON.stringify({
    id: `evt_${id}`,
    type,
    data: { object: { id, amount_received: 1050, currency, metadata: { userId: '10002' } } },
  });

it('Stripe deposits, and a supplier that shares its book takes back', async () => {
  const stripe = await applied('STRIPE');
  const deposit = await stripeSends(stripe.url, paid('pi_1'), stripe.secret);
  expect(deposit.json.data).toMatchObject({ transactionId: 'pi_1', amount: '10.5', currency: 'USD' });
  expect((await stripeSends(stripe.url, paid('pi_1'), stripe.secret)).json.replayed).toBe(true);
  expect((await stripeSends(stripe.url, paid('x', 'usd', 'invoice.paid'), stripe.secret)).json.data).toEqual({
    ignored: true,
  });
  const dispute = paid('dp_1', 'usd', 'charge.dispute.created');
  const told = [
    await stripeSends(stripe.url, dispute, stripe.secret),
    await stripeSends(stripe.url, dispute, stripe.secret, { at: Math.floor(Date.now() / 1_000) - 60 }),
  ];
  expect(told.map(({ json }) => json.replayed)).toEqual([undefined, true]);
  onBothPages(said(await stripeSends(stripe.url, paid('pi_2', 'jpy'), stripe.secret)));
  onBothPages(said(await stripeSends(stripe.url, paid('pi_2'), 'another')));

  const supplier = await applied('SUPPLIER');
  const send = (action: string, id: string, data: object) =>
    standardSends(`${supplier.url}/${action}`, id, JSON.stringify({ data }), supplier.secret);
  const refund = { user: 10002, amount: '0.5', refundId: 'pi_1' };
  expect((await send('refund', 'msg_1', refund)).json.data).toMatchObject({
    type: 'withdraw',
    amount: '0.5',
  });
  expect((await send('balance', 'msg_2', refund)).json.data).toMatchObject({ allowed: true, balance: '10' });
  expect((await send('order-changed', 'msg_3', {})).json.data).toMatchObject({ action: 'order-changed' });
  expect(await balance('shop:user:10002')).toBe('10');
  onBothPages(said(await send('order-deleted', 'msg_4', {})));
});

it('GitHub forwards, from the shell too', async () => {
  const hub = await applied('HUB');
  expect((await githubSends(hub.url, 'ping', '{}', hub.secret)).json.data).toEqual({ ignored: true });
  expect((await githubSends(hub.url, 'push', '{"ref":"x"}', hub.secret)).json.data).toMatchObject({
    action: 'push',
  });
  const [script] = pagesOf(PAGE).flatMap((page) => /^```sh\n(BODY=.*?)^```$/ms.exec(page)?.[1] ?? []);
  const { stdout } = await run('bash', ['-c', script!], { env: { ...process.env, GH: gatehouse().url } });
  expect(JSON.parse(stdout)).toMatchObject({ success: true, data: { action: 'push' } });
});

it('a form with a sign is paid and answered in its word', async () => {
  const epay = await applied('EPAY');
  const form = {
    pid: '1001',
    trade_no: 'T1',
    money: '12.50',
    param: '10003',
    trade_status: 'TRADE_SUCCESS',
    extra: '',
  };
  const answers = [form, form, { ...form, trade_status: 'WAIT' }].map((fields) =>
    epaySends(epay.url, fields, epay.secret),
  );
  expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(Array(3).fill('success'));
  expect(await balance('points:user:10003')).toBe('1250');
  const forged = await epaySends(epay.url, { ...form, money: '9' }, 'another');
  expect([forged.status, forged.text]).toEqual([200, 'fail']);
});

it('mistakes are told where they are made', async () => {
  const { definition } = partnerOf(PAGE, 'STRIPE');
  const webhook = definition['webhook'] as { protocol: object };
  const changed = (protocol: object) => ({
    ...definition,
    webhook: { ...webhook, protocol: { ...webhook.protocol, ...protocol } },
  });
  const told = [
    await faults(changed({ message: '{{request.timestamp}}' })),
    await faults(changed({ message: '{{request.body}}' })),
  ];
  await applied('SUPPLIER');
  const path = '/v1/admin/services/SUPPLIER/credentials';
  const { credentials } = partnerOf(PAGE, 'STRIPE');
  told.push((await gatehouse().ask('PUT', path, { body: credentials })).at<string>('detail'));
  for (const page of pagesOf(PAGE)) {
    for (const text of told) expect(page).toContain(`\`${text}\``);
  }
});
