import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { startSandbox } from '../../../dev/sandbox/index.ts';

test('its Chaojiying reads its platform’s captchas, and it lets go of its ports', async () => {
  const sandbox = await startSandbox();
  const { CITY_CENTER_WORK_ORDER: workOrder, CHAOJIYING: chaojiying } = sandbox.services;
  const image = await (await fetch(`${workOrder.baseUrl}/baseclass/include/img.php`)).blob();
  const { username = '', password = '' } = sandbox.credentials.CHAOJIYING;
  const form = new FormData();
  form.set('user', username);
  form.set('pass2', createHash('md5').update(password).digest('hex'));
  form.set('codetype', '4004');
  form.set('userfile', image, 'captcha.png');
  const answer = await fetch(`${chaojiying.baseUrl}/Upload/Processing.php`, { method: 'POST', body: form });
  expect(await answer.json()).toMatchObject({
    err_no: 0,
    pic_str: expect.stringMatching(/^[a-z0-9]{4}$/) as string,
  });
  expect(sandbox.describe.join('\n')).toContain(workOrder.baseUrl);

  const taken = startSandbox({ ports: { CHAOJIYING: Number(new URL(chaojiying.baseUrl).port) } });
  await expect(taken).rejects.toThrow('EADDRINUSE');
  await sandbox.stop();
  await expect(fetch(`${workOrder.baseUrl}/login`)).rejects.toThrow('fetch failed');
});
