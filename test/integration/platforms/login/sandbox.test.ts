/** The shipped definitions against the sandbox: a platform and a solver that were written by somebody else. */
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSandbox } from '../../../../dev/sandbox/index.ts';
import type { Sandbox } from '../../../../dev/sandbox/index.ts';
import type { DefinitionInput, RegisteredService } from '../../../../lib/registry/definition.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

let stage: Stage;
let sandbox: Sandbox;
let service: RegisteredService;

const shipped = (file: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../services/${file}.json`, import.meta.url), 'utf8'),
  ) as DefinitionInput;

beforeAll(async () => {
  [stage, sandbox] = await Promise.all([openStage(), startSandbox()]);
  const solver = `CJY_${randomBytes(4).toString('hex').toUpperCase()}`;
  stage.register(
    { ...shipped('chaojiying'), code: solver, ...sandbox.services.CHAOJIYING },
    sandbox.credentials.CHAOJIYING,
  );
  const definition = { ...shipped('city-center-work-order'), ...sandbox.services.CITY_CENTER_WORK_ORDER };
  if (definition.auth.type === 'SESSION') definition.auth.login!.captcha!.solvers = [solver];
  service = stage.register(definition, sandbox.credentials.CITY_CENTER_WORK_ORDER);
});
beforeEach(() => {
  sandbox.control.workOrder.reset();
  sandbox.control.chaojiying.reset();
});
afterAll(async () => {
  await sandbox.stop();
  await stage.close();
});

it('logs in to the shipped work-order platform through the shipped Chaojiying', async () => {
  const { result, steps } = await stage.run(service);
  expect(result?.loginInfo.attempts).toBe(1);
  expect(steps.map(({ step }) => step)).toEqual([
    'page',
    'captcha',
    'solve',
    'submit',
    'redirect',
    'verdict',
  ]);
});

it('S5: a captcha read wrongly is refunded and read again', async () => {
  sandbox.control.chaojiying.wrong(1);
  const { result } = await stage.run(service);
  expect(result?.loginInfo.attempts).toBe(2);
  expect(sandbox.counters.chaojiying()).toMatchObject({ solved: 2, refunds: 1 });
});

it('S5: refused credentials are tried once', async () => {
  sandbox.control.workOrder.refuseCredentials(true);
  const { error } = await stage.run(service);
  expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  expect(sandbox.counters.workOrder()).toMatchObject({ captchas: 1 });
});

it('S6: out of points is a typed error', async () => {
  sandbox.control.chaojiying.set({ errNo: -1005 });
  const { error } = await stage.run(service);
  expect(error).toMatchObject({ code: 'CAPTCHA_FAILED', retryAfterSeconds: 300 });
});
