/** The cookbook as a whole: no definition without a test, and what its first page says of every style. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sendJson } from '../../peer.ts';
import { allCodes, pagesOf, recipeOf } from './recipe.ts';
import { cookbook, message } from './styles.ts';

const { gatehouse, peer } = cookbook();

it('every definition of the cookbook is run by a test', () => {
  const tests = globSync('*.test.ts', { cwd: import.meta.dirname })
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n');
  const codes = allCodes();
  expect(codes.length).toBeGreaterThan(25);
  expect(codes.filter((code) => !tests.includes(`'${code}'`))).toEqual([]);
});

it('the first page says what mistakes of every style come to', async () => {
  const { definition } = recipeOf('json-login', 'SPA_ADMIN');
  const shop = { ...definition, baseUrl: peer().url, code: 'SHOP' };
  await gatehouse().register(shop);
  const unset = message(await gatehouse().call('SHOP', 'orders'));
  const body = { ...shop, defaultHeaders: { 'X-Token': '{{session.token}}' } };
  const misnamed = message(await gatehouse().ask('PUT', '/v1/admin/services/SHOP', { body }));
  await gatehouse().register(shop, { username: 'ops', password: 'wrong' });
  peer().answer((_request, response) => sendJson(response, { code: 1, msg: '密码错误' }));
  const login = () => gatehouse().ask('POST', '/v1/admin/services/SHOP/session/login', { body: {} });
  for (let n = 0; n < 3; n += 1) await login();
  const paused = message(await gatehouse().call('SHOP', 'orders')).replace(/(\.\.\.).*/, '$1');
  for (const page of pagesOf('README')) {
    for (const told of [unset, misnamed, paused]) expect(page).toContain(`\`${told}\``);
  }
});
