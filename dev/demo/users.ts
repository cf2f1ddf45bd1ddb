/** Users in the money story: URS registers one, and is down when another is read. */
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '../../client/index.ts';
import { done } from './api.ts';
import { same } from './money-context.ts';
import type { MoneyContext } from './money-context.ts';
import { CACHE_SECONDS } from './services.ts';

export async function registers({
  tell,
  stack,
  partner,
  send,
  userId,
  superiors,
}: MoneyContext): Promise<void> {
  tell.step('URS registers a user with three superiors');
  const payload = JSON.stringify({ uid: userId, superiors });
  const [first, again] = [await send('register', payload), await send('register', payload)];
  tell.say(`register ${userId} → ${first.status}, ${JSON.stringify(first.body.data)}`);
  const path = `/v1/urs/users/${userId}/team?service=${partner.code}`;
  const team = await done<{ superiors: number[] }>(stack, 'GET', path);
  tell.claim(
    'created by the first request, known to the second',
    first.body.data?.['created'] === true && again.body.data?.['created'] === false,
  );
  tell.claim('three levels up, nearest first', same(team.superiors, superiors), team.superiors.join(' → '));
}

export async function ursGoesDown({ tell, stack, sandbox, partner }: MoneyContext): Promise<void> {
  tell.step('URS goes down, and its users are still answered');
  const client = createClient({ baseUrl: stack.url, apiKey: stack.adminKey, retries: 0 });
  const ursUser = sandbox.urs.world.users().find(({ superior }) => superior !== null)!;
  const expected = sandbox.urs.world.team(ursUser.userId);
  const path = `/v1/urs/users/${ursUser.userId}/team?service=${partner.code}`;
  const call = () => client.callWithMeta(partner.code, 'userTeam', { userId: ursUser.userId });
  const team = () => done<{ superiors: number[]; stale: boolean }>(stack, 'GET', path);
  await call();
  const enter = `/v1/urs/enter?service=${partner.code}`;
  const entered = await done<{ nickname: string }>(stack, 'POST', enter, { userKey: ursUser.userKey });
  tell.say(`${entered.nickname} enters with a ukey`);
  await team();
  await wait(CACHE_SECONDS * 1_000 + 200);
  sandbox.control.urs.down();
  const { meta } = await call();
  tell.say(`the call userTeam → attempts ${meta.attempts}, stale: ${meta.stale}`);
  tell.claim('an older answer serves, marked as stale', meta.stale);
  const { superiors, stale } = await team();
  tell.say(`${path} → ${superiors.join(' → ')}, stale: ${stale}`);
  tell.claim('relations are answered from our own, marked as stale', stale && same(superiors, expected));
  sandbox.control.urs.up();
}
