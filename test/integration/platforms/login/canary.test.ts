/** A3: what must not be seen is put everywhere a platform may show it, and looked for in everything we keep. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { altered, cursors } from '../../../cursors.ts';
import { ACCOUNT, openStage, picture, solved, SOLVER_ACCOUNT, workOrder } from './stage.ts';
import type { Stage } from './stage.ts';
import { PNG } from './third-party.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

const TOKEN = 'canary-csrf-77';
const COOKIE = 'canary%20cookie/value';
const API_TOKEN = 'canaryApiToken';

it('A3: no secret in a recorder row, a step or an error', async () => {
  const { userNo, username, password } = ACCOUNT;
  const echo = [
    `<input type="hidden" name="csrf" value="${TOKEN}">`,
    `<input value='${userNo}'>`,
    password,
    encodeURIComponent(password),
    password.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
    JSON.stringify({ username, password, access_token: API_TOKEN }),
    Buffer.from(password).toString('base64'),
    `document.cookie="${COOKIE}"; token = '${API_TOKEN}'`,
    `csrf ${TOKEN} again`,
    'xx'.repeat(50_000),
  ].join('\n');
  const solver = await stage.startSolver(() => solved('7788'));
  const party = await stage.start((asked) => {
    if (asked.path === '/img.php') return picture(asked);
    const headers = {
      'set-cookie': `sid=${COOKIE}; path=/`,
      location: `/next?token=${TOKEN}&p=${encodeURIComponent(password)}&u=${encodeURIComponent(username)}`,
    };
    if (asked.path === '/login') return { headers: { 'set-cookie': headers['set-cookie'] }, body: echo };
    return { status: asked.path === '/user_login.php' ? 302 : 200, headers, body: echo };
  });
  const login = {
    page: { path: '/login', extract: { csrf: { selector: 'input[name=csrf]', attribute: 'value' } } },
    success: { status: 204 },
    failures: [],
  };
  const service = stage.register(workOrder(party.url, [solver.code], login), ACCOUNT);
  const { error, steps, recorder } = await stage.run(service);
  expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });

  const { items } = await recorder.list(service.definition.code);
  const [attempt] = items;
  const seen = JSON.stringify({ items, steps, error, message: error?.message });
  const secrets = [
    userNo,
    username,
    password,
    'p@ss',
    TOKEN,
    COOKIE,
    'cookie/value',
    API_TOKEN,
    SOLVER_ACCOUNT.password,
  ];
  for (const secret of [...secrets, encodeURIComponent(password), 'sess-visit'])
    expect(seen).not.toContain(secret);

  expect(attempt).toMatchObject({
    trigger: 'call',
    verdict: 'PLATFORM_UNAVAILABLE',
    captcha: {
      codetype: 4004,
      solver: solver.code,
      text: '7788',
      pictureId: '9160109360600112681',
      hasImage: true,
    },
    reply: { status: 200 },
  });
  expect(attempt!.reply!.text.length).toBeLessThanOrEqual(4_097);
  expect(Object.keys(attempt!.durations).sort()).toEqual([
    'captcha',
    'page',
    'redirect',
    'solve',
    'submit',
    'verdict',
  ]);
  expect(await recorder.image(service.definition.code, attempt!.id)).toEqual({
    body: PNG,
    contentType: 'image/png',
  });
});

it('a recorder that cannot write does not fail a login', async () => {
  const solver = await stage.startSolver(() => solved('7788'));
  const party = await stage.start((asked) =>
    asked.path === '/img.php' ? picture(asked) : { status: 302, headers: { location: 'main.php' } },
  );
  const { createLoginRecorder } = await import('../../../../lib/platforms/login/recorder.ts');
  const failures: unknown[] = [];
  const { documents } = stage.stores;
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const recorder = createLoginRecorder({
    documents,
    table: 'no-such-table',
    cursors,
    clock,
    onFailure: (e) => failures.push(e),
  });
  const service = stage.register(workOrder(party.url, [solver.code]), ACCOUNT);
  await recorder.record({
    id: '1',
    loginId: '1',
    attempt: 1,
    service: service.definition.code,
    at: '',
    trigger: 'call',
    verdict: 'SUCCESS',
    durationMs: 1,
    durations: {},
    credentialVersionId: 'v1',
  });
  expect(failures).toHaveLength(1);
  expect((await stage.run(service)).result).toBeDefined();
});

it('pages through attempts, newest first, and forgets them after 14 days', async () => {
  let now = Date.now();
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const { recorder } = stage.runner(clock);
  const attempt = (id: string) => ({
    id: id.padStart(12, '0'),
    loginId: '1',
    attempt: 1,
    service: 'PAGED_PLATFORM',
    at: '',
    trigger: 'call',
    verdict: 'SUCCESS',
    durationMs: 1,
    durations: { submit: 12.5 },
    credentialVersionId: 'v1',
  });
  for (const id of ['1', '2', '3']) await recorder.record(attempt(id));
  const first = await recorder.list('PAGED_PLATFORM', { limit: 2 });
  expect(first.items.map(({ id }) => id.at(-1))).toEqual(['3', '2']);
  const second = await recorder.list('PAGED_PLATFORM', { limit: 2, cursor: first.cursor! });
  expect(second.items.map(({ id }) => id.at(-1))).toEqual(['1']);
  const refusal = { code: 'VALIDATION_FAILED', fields: [{ field: 'cursor' }] };
  for (const wrong of ["x' OR 1", attempt('2').id, ...altered(first.cursor!)])
    await expect(recorder.list('PAGED_PLATFORM', { cursor: wrong })).rejects.toMatchObject(refusal);
  await expect(recorder.list('ANOTHER', { cursor: first.cursor! })).rejects.toMatchObject(refusal);
  now += 14 * 86_400_000 + 1_000;
  expect((await recorder.list('PAGED_PLATFORM')).items).toEqual([]);
});
