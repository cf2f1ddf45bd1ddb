import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dayIn } from '../../../../lib/platforms/captcha/keys.ts';
import { createPointsBudget } from '../../../../lib/platforms/captcha/points-budget.ts';
import type { CaptchaChallenge } from '../../../../lib/platforms/captcha/solver.ts';
import { createCaptchaSolvers } from '../../../../lib/platforms/captcha/solvers.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { openStage, reply, solved, SOLVER_ACCOUNT } from './stage.ts';
import type { Stage } from './stage.ts';
import { PNG } from './third-party.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

const challenge = (seconds = 10, clock: Clock = systemClock): CaptchaChallenge => ({
  service: 'PLATFORM',
  image: PNG,
  contentType: 'image/png',
  codetype: 4004,
  deadline: { at: clock.now() + seconds * 1_000 },
});

/** Time passes when somebody sleeps. */
function quickClock(): Clock & { slept: number[]; pass(ms: number): void } {
  let now = Date.now();
  const slept: number[] = [];
  return {
    slept,
    pass: (ms) => void (now += ms),
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

const solversOn = (clock: Clock) =>
  createCaptchaSolvers({
    solverTransport: stage.solverTransport,
    credentials: stage.credentials,
    catalog: stage.catalog,
    redis: stage.stores.redis,
    alerts: {
      raise: ({ kind, subject }) => (stage.alerts.raised.push(`${kind} ${subject}`), Promise.resolve()),
      resolve: (kind, subject) => (stage.alerts.resolved.push(`${kind} ${subject}`), Promise.resolve()),
    },
    clock,
    random: { ...systemRandom, fraction: () => 0.5 },
  });

const uploads = 'Upload/Processing.php';

describe('Chaojiying', () => {
  it('is asked as its protocol says', async () => {
    const { code, party } = await stage.startSolver(() => solved(' 7h4k '));
    const answer = await solversOn(systemClock).solve([code], challenge());
    expect(answer).toEqual({ text: '7h4k', solver: code, pictureId: '9160109360600112681' });

    const asked = party.of(`/${uploads}`)[0]!;
    const form = await new Response(new Uint8Array(asked.body), {
      headers: { 'content-type': asked.headers['content-type']! },
    }).formData();
    const { userfile, ...fields } = Object.fromEntries(form);
    expect(fields).toEqual({
      user: SOLVER_ACCOUNT.username,
      pass2: createHash('md5').update(SOLVER_ACCOUNT.password).digest('hex'),
      softid: SOLVER_ACCOUNT.softwareId,
      codetype: '4004',
    });
    expect(Buffer.from(await (userfile as File).arrayBuffer())).toEqual(PNG);
  });

  it('gives 19-digit ids that survive even as JSON numbers', async () => {
    const { code, party } = await stage.startSolver(() => ({
      body: '{"err_no":0,"err_str":"OK","pic_id":9160109360600112683,"pic_str":"1234","md5":"x"}',
    }));
    const solvers = solversOn(systemClock);
    const answer = await solvers.solve([code], challenge());
    expect(answer.pictureId).toBe('9160109360600112683');
    await solvers.reportWrong(answer);
    expect(party.of('/Upload/ReportError.php')[0]!.body.toString()).toContain('9160109360600112683');
  });

  it('S5: an answer is reported once, and only within three minutes', async () => {
    const clock = quickClock();
    const { code, party } = await stage.startSolver(() => solved('1'));
    const solvers = solversOn(clock);
    const answer = await solvers.solve([code], challenge(10, clock));
    await Promise.all([solvers.reportWrong(answer), solvers.reportWrong(answer)]);
    expect(party.of('/Upload/ReportError.php')).toHaveLength(1);

    const old = await solvers.solve([code], challenge(10, clock));
    clock.pass(180_001);
    await solvers.reportWrong(old);
    await solvers.reportWrong({ text: 'not ours', solver: code, pictureId: '1' });
    expect(party.of('/Upload/ReportError.php')).toHaveLength(1);
  });

  it.each(['-1001', '-1002', '-1004', '-1005', '-10012', '-10023', '-10052', '-10070', '-10079'])(
    'S6: err_no %s stops it, alerts, and the next solver answers',
    async (errNo) => {
      const first = await stage.startSolver(() => reply({ err_no: Number(errNo), err_str: '无可用题分' }));
      const second = await stage.startSolver(() => solved('next'));
      const answer = await solversOn(systemClock).solve([first.code, second.code], challenge());
      expect(answer).toMatchObject({ text: 'next', solver: second.code });
      expect(first.party.of(`/${uploads}`)).toHaveLength(1);
      expect(stage.alerts.raised).toContain(`CAPTCHA_SOLVER_STOPPED ${first.code}`);
    },
  );

  it('S6: takes the alert back with the first answer, whatever came between', async () => {
    const script = [
      () => reply({ err_no: -1005, err_str: '' }),
      () => reply({ err_no: -2001, err_str: '' }),
      () => ({ status: 502, body: 'Bad Gateway' }),
    ];
    const { code } = await stage.startSolver(() => script.shift()?.() ?? solved('7h4k'));
    const solvers = solversOn(systemClock);
    for (let i = 0; i < 3; i++) await expect(solvers.solve([code], challenge())).rejects.toThrow(code);
    const resolvedOf = () => stage.alerts.resolved.filter((one) => one === `CAPTCHA_SOLVER_STOPPED ${code}`);
    expect(resolvedOf()).toHaveLength(0);
    await solvers.solve([code], challenge());
    expect(resolvedOf()).toHaveLength(1);
    await solvers.solve([code], challenge());
    expect(resolvedOf()).toHaveLength(1);
  });

  it('says in one sentence what became of each solver', async () => {
    const first = await stage.startSolver(() => ({ status: 502, body: 'Bad Gateway' }));
    const second = await stage.startSolver(() => reply({ err_no: -1011, err_str: '' }));
    await expect(solversOn(systemClock).solve([first.code, second.code], challenge())).rejects.toThrow(
      `No captcha solver could answer: ${first.code} failed: The captcha service answered HTTP 502; ${second.code} refused (-1011).`,
    );
  });

  it.each([-2001, -10060, -10069, -100612])('S6: err_no %i asks for a fresh image', async (errNo) => {
    const { code, party } = await stage.startSolver(() => reply({ err_no: errNo, err_str: '' }));
    await expect(solversOn(systemClock).solve([code], challenge())).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
      internal: { newImage: true },
    });
    expect(party.of(`/${uploads}`)).toHaveLength(1);
  });

  it.each([-1011, -1013, -10130, -10139, -4711])('S6: err_no %i is not tried again', async (errNo) => {
    const { code, party } = await stage.startSolver(() => reply({ err_no: errNo, err_str: '' }));
    await expect(solversOn(systemClock).solve([code], challenge())).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
      internal: { newImage: false },
    });
    expect(party.of(`/${uploads}`)).toHaveLength(1);
  });

  it('S6: -429 backs off and sends the same picture again', async () => {
    const clock = quickClock();
    const { code } = await stage.startSolver(({ nth }) =>
      nth < 3 ? reply({ err_no: -429, err_str: '' }) : solved('ok'),
    );
    const answer = await solversOn(clock).solve([code], challenge(30, clock));
    expect(answer.text).toBe('ok');
    expect(clock.slept).toEqual([1_000, 2_000]);
  });

  it.each([
    ['HTTP 417', { status: 417, body: 'Expectation Failed' }],
    ['HTTP 500', { status: 500, body: '{"err_no":0,"pic_str":"1"}' }],
    ['HTML', { body: '<html>nginx</html>' }],
    ['truncated JSON', { body: '{"err_no":0,"err_str":"OK","pic_' }],
    ['other JSON', { body: '[1,2]' }],
    ['nothing', { body: '' }],
    ['a broken connection', 'reset' as const],
  ])('S6: %s hands over to the next solver', async (_name, said) => {
    const first = await stage.startSolver(() => said);
    const second = await stage.startSolver(() => solved('next'));
    const solvers = solversOn(systemClock);
    expect(await solvers.solve([first.code, second.code], challenge())).toMatchObject({
      solver: second.code,
    });
    await expect(solvers.solve([first.code], challenge())).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
  });

  it('S6: one that hangs leaves the next one time; alone it ends with the deadline', async () => {
    const first = await stage.startSolver(() => 'hang');
    const second = await stage.startSolver(() => solved('next'));
    const solvers = solversOn(systemClock);
    expect(await solvers.solve([first.code, second.code], challenge(0.8))).toMatchObject({ text: 'next' });
    await expect(solvers.solve([first.code], challenge(0.3))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  it('S6: an empty answer is worth a fresh image', async () => {
    const { code } = await stage.startSolver(() => solved(''));
    await expect(solversOn(systemClock).solve([code], challenge())).rejects.toMatchObject({
      internal: { newImage: true },
    });
  });

  it('names a solver that is not there, is none, or has no credentials', async () => {
    const solvers = solversOn(systemClock);
    await expect(solvers.solve(['NOBODY_HERE'], challenge())).rejects.toMatchObject({
      code: 'CONFIGURATION_ERROR',
      message: expect.stringContaining('NOBODY_HERE'),
    });
    stage.register({ code: 'PLAIN', name: 'x', baseUrl: 'http://127.0.0.1:9', auth: { type: 'NONE' } }, {});
    await expect(solvers.solve(['PLAIN'], challenge())).rejects.toMatchObject({
      code: 'CONFIGURATION_ERROR',
    });
  });
});

describe('the points budget', () => {
  it('S6: 40 parallel pictures at 10 points do not spend more than 100', async () => {
    const { code, party } = await stage.startSolver(() => solved('1'), { dailyPoints: 100 });
    const solvers = solversOn(systemClock);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => solvers.solve([code], challenge(20))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(party.of(`/${uploads}`)).toHaveLength(10);
    expect(stage.alerts.raised).toContain(`CAPTCHA_BUDGET_SPENT ${code}`);
  });

  it('gets points back for refunds and for pictures that were not charged', async () => {
    const { code } = await stage.startSolver(({ nth }) =>
      nth === 1 ? reply({ err_no: -2001, err_str: '' }) : solved('1'),
    );
    const budget = createPointsBudget(stage.stores.redis);
    const spent = () => budget.spent(code, dayIn('Asia/Shanghai', Date.now()));
    const solvers = solversOn(systemClock);
    await expect(solvers.solve([code], challenge())).rejects.toThrow('could not read the picture');
    expect(await spent()).toBe(0);
    const answer = await solvers.solve([code], challenge());
    expect(await spent()).toBe(100);
    await solvers.reportWrong(answer);
    expect(await spent()).toBe(0);
  });

  it('days are those of Shanghai', () => {
    expect(dayIn('Asia/Shanghai', Date.UTC(2026, 10, 20, 15, 59))).toBe('2026-11-20');
    expect(dayIn('Asia/Shanghai', Date.UTC(2026, 10, 20, 16, 0))).toBe('2026-11-21');
  });

  it('warns before the balance runs out, and looks at most every ten minutes', async () => {
    const code = `CJY_${randomBytes(4).toString('hex').toUpperCase()}`;
    const party = await stage.start(({ path }) =>
      path === '/Upload/GetScore.php' ? reply({ err_no: 0, err_str: 'OK', tifen: 420 }) : solved('1'),
    );
    stage.register({ code, name: code, baseUrl: party.url, auth: { type: 'CHAOJIYING' } }, SOLVER_ACCOUNT);
    const solvers = solversOn(systemClock);
    for (let i = 0; i < 3; i += 1) await solvers.solve([code], challenge());
    expect(party.of('/Upload/GetScore.php')).toHaveLength(1);
    expect(stage.alerts.raised.filter((alert) => alert === `CAPTCHA_BALANCE_LOW ${code}`)).toHaveLength(1);
  });
});

describe('the manual solver', () => {
  it('shows the picture and hands over what a person types; the first text counts', async () => {
    const solvers = solversOn(systemClock);
    const service = `MANUAL_${randomBytes(4).toString('hex')}`;
    const mine = async () => (await solvers.manual.list()).filter((open) => open.service === service);
    const waiting = solvers.solve(['MANUAL'], { ...challenge(20), service });
    await expect.poll(mine).toHaveLength(1);
    const [open] = await mine();
    expect(Buffer.from(open!.image!, 'base64')).toEqual(PNG);
    await solvers.manual.answer(open!.id, ' ab12 ');
    await expect(solvers.manual.answer(open!.id, 'late')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await waiting).toEqual({ text: 'ab12', solver: 'MANUAL' });
    expect(await mine()).toEqual([]);
  });

  it('expires after 120 s, or at the deadline', async () => {
    const clock = quickClock();
    const started = clock.now();
    await expect(solversOn(clock).solve(['MANUAL'], challenge(600, clock))).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
      internal: { newImage: false, reasons: 'MANUAL:timeout' },
    });
    expect(clock.now() - started).toBe(120_000);
    await expect(solversOn(clock).solve(['MANUAL'], challenge(5, clock))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(clock.slept.length).toBeLessThan(300);
  });

  it('refuses an answer to nothing, and an empty one', async () => {
    const { manual } = solversOn(systemClock);
    await expect(manual.answer('0123', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(manual.answer('../x', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(manual.answer('0123', '  ')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('S6: takes over from a service that is out of points', async () => {
    const { code } = await stage.startSolver(() => reply({ err_no: -1005, err_str: '无可用题分' }));
    const solvers = solversOn(systemClock);
    const service = `MANUAL_${randomBytes(4).toString('hex')}`;
    const waiting = solvers.solve([code, 'MANUAL'], { ...challenge(20), service });
    await expect
      .poll(async () => {
        const open = (await solvers.manual.list()).find((each) => each.service === service);
        if (open) await solvers.manual.answer(open.id, 'typed');
        return open !== undefined;
      })
      .toBe(true);
    expect(await waiting).toMatchObject({ text: 'typed', solver: 'MANUAL' });
  });
});
