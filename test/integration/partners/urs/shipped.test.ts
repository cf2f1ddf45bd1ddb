import { expect, test } from 'vitest';
import { startGatehouse } from '../../../gatehouse.ts';

test('the local stack has a URS that answers, with the definition and the key that ship', async () => {
  const gatehouse = await startGatehouse({ sandbox: true });
  try {
    const sandbox = gatehouse.stack.sandbox!;
    const { userKey } = sandbox.urs.world.byId(10_003)!;
    const info = await gatehouse.call('URS_PROMOTION', 'userInfo', { userKey });
    expect([info.status, info.at('data.data')]).toEqual([200, { userId: 10_003, nickname: '韩梅梅' }]);
    const count = await gatehouse.call('URS_PROMOTION', 'userLevelCount', { userId: 10_003, level: 3 });
    expect(count.at('data.data.count')).toBe(4);
    expect(sandbox.counters.urs()).toMatchObject({
      requests: { userInfo: 1, userLevelCount: 1 },
      refused: {},
    });

    const sent = await sandbox.urs.sendWebhook('check', { userId: 10_003, usdtAmount: 1 });
    expect([sent.status, sent.body]).toMatchObject([200, { success: true, data: { allowed: false } }]);
  } finally {
    await gatehouse.stop();
  }
});
