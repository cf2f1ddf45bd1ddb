/** What a definition was before: shown, compared, brought back, over HTTP and by the command line. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';

const CODE = 'REVISED';
const BASE = `/v1/admin/services/${CODE}`;
const definition = (change: object = {}) => ({
  code: CODE,
  name: 'Revised',
  baseUrl: 'http://127.0.0.1:9',
  auth: { type: 'NONE' },
  ...change,
});

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  await gatehouse.register(definition());
  await gatehouse.register(definition({ timeoutSeconds: 20 }));
  await gatehouse.register(definition({ timeoutSeconds: 20, name: 'Renamed' }));
});
afterAll(() => gatehouse.stop());

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });

it('lists, shows and compares revisions, newest first, in pages', async () => {
  const list = await gatehouse.ask('GET', `${BASE}/revisions?limit=2`);
  expect(list.at('items')).toMatchObject([
    { revision: 3, by: 'local' },
    { revision: 2, by: 'local' },
  ]);
  const rest = await gatehouse.ask('GET', `${BASE}/revisions?limit=2&cursor=${list.at<string>('cursor')}`);
  expect(rest.at('items')).toMatchObject([{ revision: 1 }]);
  expect(rest.at('cursor')).toBeUndefined();

  const first = await gatehouse.ask('GET', `${BASE}/revisions/1`);
  expect(first.json).toMatchObject({ revision: 1, definition: { name: 'Revised', timeoutSeconds: 30 } });
  expect((await gatehouse.ask('GET', `${BASE}/revisions/3/diff`)).json).toEqual({
    items: [{ path: 'name', before: 'Revised', after: 'Renamed' }],
  });
  expect((await gatehouse.ask('GET', `${BASE}/revisions/2/diff?against=1`)).json).toEqual({
    items: [{ path: 'timeoutSeconds', before: 30, after: 20 }],
  });
});

it.each([
  ['GET', '/v1/admin/services/NEVER_WAS/revisions', 404],
  ['GET', `${BASE}/revisions/99`, 404],
  ['GET', `${BASE}/revisions/3/diff?against=99`, 404],
  ['GET', `${BASE}/revisions/x`, 422],
  ['POST', `${BASE}/revisions/99/rollback`, 404],
])('%s %s: %s', async (method, path, status) => {
  expect((await gatehouse.ask(method, path)).status).toBe(status);
});

it('rolls back as a new revision, and to what is current already as none', async () => {
  const checked = await gatehouse.ask('POST', `${BASE}/revisions/1/rollback?check=true`);
  expect(checked.json).toMatchObject({ revision: 4, timeoutSeconds: 30 });
  expect((await gatehouse.ask('GET', BASE)).at('revision')).toBe(3);
  const back = await gatehouse.ask('POST', `${BASE}/revisions/1/rollback`);
  expect([back.status, back.json]).toMatchObject([200, { revision: 4, name: 'Revised', timeoutSeconds: 30 }]);
  expect((await gatehouse.ask('GET', BASE)).json).toEqual(back.json);
  const again = await gatehouse.ask('POST', `${BASE}/revisions/1/rollback`);
  expect([again.status, again.at('revision')]).toEqual([200, 4]);
});

it('refuses what another service has taken meanwhile, naming the field (H10)', async () => {
  await gatehouse.register(definition({ webhook: { path: 'wanted' } }));
  const { revision } = (await gatehouse.ask('GET', BASE)).json as { revision: number };
  await gatehouse.register(definition());
  const other = { ...definition(), code: 'OTHER', webhook: { path: 'wanted' } };
  await gatehouse.register(other);
  const refused = await gatehouse.ask('POST', `${BASE}/revisions/${revision}/rollback`);
  expect([refused.status, refused.at('errors.0.field')]).toEqual([422, 'webhook.path']);
  expect((await gatehouse.ask('GET', BASE)).at('revision')).toBe(revision + 1);
});

it('rolls back two at once: both are kept, each under its own number (A5)', async () => {
  const before = (await gatehouse.ask('GET', BASE)).at<number>('revision');
  const [one, two] = await Promise.all(
    [2, 3].map((revision) => gatehouse.ask('POST', `${BASE}/revisions/${revision}/rollback`)),
  );
  expect(new Set([one!.at('revision'), two!.at('revision')])).toEqual(new Set([before + 1, before + 2]));
  for (const answer of [one!, two!]) {
    const { revision, name } = answer.json as { revision: number; name: string };
    expect((await gatehouse.ask('GET', `${BASE}/revisions/${revision}`)).at('definition.name')).toBe(name);
  }
});

it('brings a deleted service back, and counts on', async () => {
  const before = (await gatehouse.ask('GET', BASE)).at<number>('revision');
  await gatehouse.ask('DELETE', BASE);
  const gone = await gatehouse.ask('GET', `${BASE}/revisions`);
  expect(gone.at('items.0')).toMatchObject({ revision: before + 1, deleted: true, by: 'local' });
  const shown = await gatehouse.ask('GET', `${BASE}/revisions/${before + 1}`);
  expect(shown.json).toEqual({ revision: before + 1, definition: null });
  const toNothing = await gatehouse.ask('POST', `${BASE}/revisions/${before + 1}/rollback`);
  expect([toNothing.status, toNothing.at('errors.0.field')]).toEqual([422, 'revision']);
  const back = await gatehouse.ask('POST', `${BASE}/revisions/1/rollback`);
  expect([back.status, back.json]).toMatchObject([200, { revision: before + 2, timeoutSeconds: 30 }]);
});

it('does the same by the command line', async () => {
  const list = await run('services', 'revisions', CODE, '--limit', '2');
  expect(list.out).toMatch(/^revision +at +by/);
  expect(list.out).toMatch(/local +deleted/);
  expect(list.out).toContain('There is more: --cursor ');
  expect(JSON.parse((await run('services', 'show', CODE, '--revision', '2')).out)).toMatchObject({
    timeoutSeconds: 20,
  });
  const diff = await run('services', 'diff', CODE, '3', '--against', '1');
  expect(diff.out).toContain('~ timeoutSeconds: 30 → 20');
  expect(diff.out).toContain('~ name: "Revised" → "Renamed"');

  const dry = await run('services', 'rollback', CODE, '2', '--dry-run');
  expect(dry.out).toBe('~ timeoutSeconds: 30 → 20\nNothing was changed.\n');
  expect((await gatehouse.ask('GET', BASE)).at('timeoutSeconds')).toBe(30);
  const done = await run('services', 'rollback', CODE, '2');
  expect(done.out).toMatch(
    /^~ timeoutSeconds: 30 → 20\nREVISED is as it was at revision 2: now revision \d+\.\n$/,
  );
  expect((await gatehouse.ask('GET', BASE)).at('timeoutSeconds')).toBe(20);
  const same = await run('services', 'rollback', CODE, '2');
  expect(same.out).toBe('REVISED is as it was at revision 2 already.\n');

  const wrong = await run('services', 'rollback', CODE, '999');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('has no revision 999')]);
});
