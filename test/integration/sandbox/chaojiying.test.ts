import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChaojiying } from '../../../dev/sandbox/chaojiying/service.ts';
import type { Chaojiying } from '../../../dev/sandbox/chaojiying/service.ts';

const PICTURE = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.from('reads 7EGM')]);

let now = 1_767_225_600_000;
let chaojiying: Chaojiying;

beforeAll(async () => {
  chaojiying = await startChaojiying({
    answerFor: (image) => (image.equals(PICTURE) ? '7EGM' : undefined),
    now: () => now,
  });
});
beforeEach(() => chaojiying.control.reset());
afterAll(() => chaojiying.stop());

interface Answer {
  err_no: number;
  err_str: string;
  pic_id: string;
  pic_str: string;
  md5: string;
  tifen: number;
}

const account = () => ({
  user: chaojiying.credentials.username,
  pass2: createHash('md5').update(chaojiying.credentials.password).digest('hex'),
  softid: chaojiying.credentials.softwareId,
});

async function post(action: string, fields: Record<string, string>, image?: Buffer): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...account(), ...fields })) form.set(name, value);
  if (image) form.set('userfile', new Blob([new Uint8Array(image)]), 'captcha.png');
  const response = await fetch(`${chaojiying.baseUrl}/Upload/${action}.php`, { method: 'POST', body: form });
  return (await response.json()) as Answer;
}

const solve = (fields: Record<string, string> = {}, image: Buffer = PICTURE) =>
  post('Processing', { codetype: '1004', ...fields }, image);

describe('reading', () => {
  test('a picture: 19 digits of id, the text, ten points less', async () => {
    const answer = await solve();
    expect(answer).toMatchObject({ err_no: 0, err_str: 'OK', pic_str: '7egm' });
    expect(answer.pic_id).toMatch(/^[1-9]\d{18}$/);
    expect(answer.md5).toMatch(/^[0-9a-f]{32}$/);
    expect(await post('GetScore', {})).toMatchObject({ err_no: 0, tifen: 9_990 });
    expect(chaojiying.counters()).toMatchObject({ solved: 1, wrong: 0, pointsSpent: 10 });
  });

  test('takes JSON and base64 too', async () => {
    const response = await fetch(`${chaojiying.baseUrl}/Upload/Processing.php`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...account(), codetype: 1004, file_base64: PICTURE.toString('base64') }),
    });
    expect(await response.json()).toMatchObject({ err_no: 0, pic_str: '7egm' });
  });

  test.each<[string, number, Record<string, string>, Buffer?]>([
    ['no user', -1001, { user: '' }],
    ['an unknown user', -1002, { user: 'nobody' }],
    ['a wrong password', -10023, { pass2: 'chaojiying' }],
    ['a wrong type', -1004, { codetype: 'x' }],
    ['an empty file', -2001, {}, Buffer.alloc(0)],
    ['no picture', -10061, {}, Buffer.from('<html>')],
    ['a picture too large', -10062, {}, Buffer.alloc(1_100_000, PICTURE)],
    ['a picture nobody can read', -10064, {}, Buffer.from([0xff, 0xd8, 0xff, 0])],
  ])('%s: %i', async (_, errNo, fields, image = PICTURE) => {
    expect(await solve(fields, image)).toMatchObject({ err_no: errNo, pic_str: '' });
    expect(chaojiying.counters().pointsSpent).toBe(0);
  });
});

describe('S6: switches', () => {
  test('wrong now and then, and the next n', async () => {
    chaojiying.control.set({ errorRate: 0.25, wrongNext: 1 });
    const texts = [];
    for (let time = 0; time < 9; time += 1) texts.push((await solve()).pic_str);
    expect(texts.map((text) => (text === '7egm' ? '+' : '-')).join('')).toBe('-+++-+++-');
  });

  test('out of points', async () => {
    chaojiying.control.set({ points: 9 });
    expect(await solve()).toMatchObject({ err_no: -1005, err_str: '无可用题分' });
  });

  test('an error number of choice', async () => {
    chaojiying.control.set({ errNo: -10071 });
    expect(await solve()).toMatchObject({ err_no: -10071 });
  });

  test('417, garbage, slow', async () => {
    const url = `${chaojiying.baseUrl}/Upload/GetScore.php`;
    chaojiying.control.set({ failStatus: 417 });
    expect((await fetch(url, { method: 'POST' })).status).toBe(417);
    chaojiying.control.set({ failStatus: null, garbage: true });
    expect(await (await fetch(url, { method: 'POST' })).text()).toContain('<html>');
    chaojiying.control.set({ garbage: false, slowMs: 300_000 });
    await expect(fetch(url, { method: 'POST', signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
  });

  test('by HTTP', async () => {
    const set = (body: string) => fetch(`${chaojiying.baseUrl}/__control`, { method: 'POST', body });
    expect(await (await set('{"points":42}')).json()).toMatchObject({ switches: { points: 42 } });
    expect((await set('{"points":-1}')).status).toBe(400);
    expect(await (await fetch(`${chaojiying.baseUrl}/__control`)).json()).toMatchObject({
      switches: { points: 42 },
    });
  });
});

describe('reporting', () => {
  test('a wrong answer gives the points back, once', async () => {
    chaojiying.control.wrong(1);
    const { pic_id: id } = await solve();
    expect(await post('ReportError', { id })).toMatchObject({ err_no: 0 });
    expect(await post('ReportError', { id })).toMatchObject({ err_no: -10132 });
    expect(await post('GetScore', {})).toMatchObject({ tifen: 10_000 });
    expect(chaojiying.counters()).toMatchObject({ refunds: 1, unjustReports: 0 });
  });

  test('too late, unknown, malformed, unjust', async () => {
    const { pic_id: id } = await solve();
    now += 181_000;
    expect(await post('ReportError', { id })).toMatchObject({ err_no: -10124 });
    expect(await post('ReportError', { id: '1'.repeat(19) })).toMatchObject({ err_no: -1012 });
    // What is left of an id that went through a double.
    expect(await post('ReportError', { id: '1.2e18' })).toMatchObject({ err_no: -1011 });
    const { pic_id: right } = await solve();
    await post('ReportError', { id: right });
    expect(chaojiying.counters().unjustReports).toBe(1);
  });
});
