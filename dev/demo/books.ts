/** What the money story has of book-keeping: adjustment, statement, trial balance. */
import { ask, done } from './api.ts';
import type { MoneyContext } from './money-context.ts';

export async function adjusts({ tell, stack, partner, userId, balance }: MoneyContext): Promise<void> {
  tell.step('An administrator corrects a balance, with a reason');
  const adjustment = {
    service: partner.code,
    userId,
    amount: '-803.7037037',
    reason: 'demo: rounded down by hand',
    transactionId: `${partner.code}-ADJUST`,
  };
  const made = await ask<{ from: string; to: string }>(stack, 'POST', '/v1/admin/transfers', adjustment);
  const again = await ask<{ replayed?: boolean }>(stack, 'POST', '/v1/admin/transfers', adjustment);
  tell.say(`${adjustment.amount} DIAMOND → ${made.status}, ${made.body.from} → ${made.body.to}`);
  const held = await balance();
  tell.claim(
    'through the control account, once though asked twice',
    made.body.to.startsWith('house:') && again.body.replayed === true && held === '37036000',
    held,
  );
}

interface Line {
  settledAt: string;
  type: string;
  amount: string;
  balance: string;
}

export async function statement({ tell, stack, userId, balance }: MoneyContext): Promise<void> {
  tell.step('The statement');
  const { items } = await done<{ items: Line[] }>(stack, 'GET', `/v1/accounts/user:${userId}/entries`);
  for (const { settledAt, type, amount, balance: after } of items) {
    tell.say(`${settledAt}  ${type.padEnd(10)} ${amount.padStart(18)} ${after.padStart(18)}`);
  }
  let sum = 0n;
  const running = items.toReversed().every((line) => (sum += units(line.amount)) === units(line.balance));
  tell.claim(
    'five movements: duplicates, refusals and checks are none',
    items.length === 5,
    `${items.length}`,
  );
  tell.claim('each line adds up to its balance', running);
  tell.claim('and the last one is what the account holds', items[0]?.balance === (await balance()));
}

export async function trialBalance({ tell, stack }: MoneyContext): Promise<void> {
  tell.step('The trial balance');
  const { body } = await ask<{
    total: string;
    accounts: number;
    transfers: number;
    balanced: boolean | null;
  }>(stack, 'GET', '/v1/admin/ledger/trial-balance?deep=true');
  tell.say(`${body.accounts} accounts, ${body.transfers} transfers`);
  tell.claim('all balances sum to zero', body.total === '0', body.total);
  tell.claim('and each is the sum of its transfers', body.balanced === true);
}

/** 10⁻¹⁰ DIAMOND, as whole numbers. */
function units(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(10, '0'));
}
