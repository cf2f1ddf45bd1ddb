import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDeclared } from '../../dev/host/declared.ts';
import { routeMatcher } from '../../dev/host/routes.ts';
import { functionOf, readSample, sampleNames, sealed } from '../../dev/invoke/sample.ts';
import { keepEnvironment, runningEnvironment } from '../../dev/invoke/stack-environment.ts';
import { ursKey } from '../../dev/invoke/urs-key.ts';
import { startLocal } from '../../dev/local.ts';
import type { LocalStack } from '../../dev/local.ts';
import { freePort } from '../../dev/stores/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const declared = readDeclared({ stage: 'local', env: {} });

let dataDir: string;
let stack: LocalStack;
let key: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-events-'));
  const env = { ...process.env, LOG_LEVEL: 'SILENT' };
  stack = await startLocal({ port: 0, dataDir, sandbox: true, env });
  key = await ursKey(await runningEnvironment(dataDir));
});
afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const HttpAnswer = z.object({ statusCode: z.int(), body: z.string() });
const give = (name: string, event: unknown) => stack.host.functions.invoke(functionOf(name), event);
async function answer(name: string, event = sealed(readSample(name), key, Date.now())) {
  const { statusCode, body } = HttpAnswer.parse(await give(name, event));
  return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
}

/** In this order: money first comes in, then goes out. */
const EXPECTED: Record<string, () => Promise<void>> = {
  'proxy-operation': async () => {
    const { status, body } = await answer('proxy-operation');
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, data: { data: { id: '10002' } } });
  },
  'proxy-raw': async () => {
    const { status, body } = await answer('proxy-raw');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('路灯');
  },
  'proxy-batch': async () => {
    const { status, body } = await answer('proxy-batch');
    expect(status).toBe(200);
    expect(body['items']).toMatchObject([
      { success: true },
      { success: true, data: { data: { level: 3 } } },
      { success: false, error: { code: 'VALIDATION_FAILED' } },
    ]);
  },
  'proxy-urs-enter': async () => {
    const { status, body } = await answer('proxy-urs-enter');
    expect([status, body]).toMatchObject([
      200,
      { ursUid: 10002, localUserId: 'farm-7', superiors: [10001, 10000], created: true },
    ]);
  },
  'webhook-register': async () => {
    const { status, body } = await answer('webhook-register');
    expect([status, body]).toMatchObject([
      200,
      { success: true, data: { uid: 10002, superiors: [10001, 10000], created: false } },
    ]);
  },
  'webhook-deposit': async () => {
    const [first, again] = [await answer('webhook-deposit'), await answer('webhook-deposit')];
    expect([first.status, first.body]).toMatchObject([
      200,
      { data: { transactionId: 'SAMPLE-DEPOSIT-1', usdtAmount: '10', diamondAmount: '3000' } },
    ]);
    expect(again).toEqual({ status: 200, body: { ...first.body, replayed: true } });
  },
  'webhook-withdraw': async () => {
    const { status, body } = await answer('webhook-withdraw');
    expect([status, body]).toMatchObject([200, { data: { diamondAmount: '750', status: 'SETTLED' } }]);
  },
  'webhook-check': async () => {
    const { status, body } = await answer('webhook-check');
    expect([status, body]).toMatchObject([
      200,
      { data: { allowed: true, diamond_balance: '2250', total_required: '2250' } },
    ]);
  },
  'proxy-account-entries': async () => {
    const { status, body } = await answer('proxy-account-entries');
    expect([status, body['items']]).toMatchObject([
      200,
      [
        { type: 'withdraw', amount: '-750', balance: '2250' },
        { type: 'deposit', amount: '3000', balance: '3000' },
      ],
    ]);
  },
  'admin-list-services': async () => {
    const { status, body } = await answer('admin-list-services');
    const codes = (body['items'] as { code: string }[]).map(({ code }) => code).sort();
    expect([status, codes]).toEqual([200, ['CHAOJIYING', 'CITY_CENTER_WORK_ORDER', 'URS_PROMOTION']]);
  },
  authorizer: async () => {
    const event = readSample('authorizer') as { headers: Record<string, string> };
    const nobody = { isAuthorized: true, context: { role: 'none', principal: '' } };
    expect(await give('authorizer', event)).toEqual(nobody);
    const headers = { ...event.headers, authorization: `Bearer ${stack.adminKey}` };
    expect(await give('authorizer', { ...event, headers })).toMatchObject({ context: { role: 'admin' } });
  },
  'keepalive-background-login': async () => {
    const done = await give('keepalive-background-login', readSample('keepalive-background-login'));
    expect(done).toEqual({ CITY_CENTER_WORK_ORDER: 'logged-in' });
  },
  'keepalive-schedule': async () => {
    const done = await give('keepalive-schedule', readSample('keepalive-schedule'));
    expect(Object.keys(done as object)).toContain('CITY_CENTER_WORK_ORDER');
  },
  'monitor-schedule': async () => {
    const done = await give('monitor-schedule', readSample('monitor-schedule'));
    expect((done as { ran: string[] }).ran).toContain('pending-transfers');
  },
  'settle-due': async () => {
    expect(await give('settle-due', readSample('settle-due'))).toEqual({ batchItemFailures: [] });
  },
  'settle-stream': async () => {
    // Its row is not in the table: somebody else has taken it on, as far as `settle` can tell.
    expect(await give('settle-stream', readSample('settle-stream'))).toEqual({ batchItemFailures: [] });
  },
  'publish-deliver': async () => {
    // Nobody's: there is nothing to run.
    expect(await give('publish-deliver', readSample('publish-deliver'))).toEqual({ delivered: 'busy' });
  },
  'publish-stream': async () => {
    expect(await give('publish-stream', readSample('publish-stream'))).toEqual({ batchItemFailures: [] });
  },
};

describe('every sample is answered as events/README.md says', () => {
  test.each(Object.keys(EXPECTED))('%s', async (name) => {
    await EXPECTED[name]!();
    expect(readFileSync(join(ROOT, 'events/README.md'), 'utf8')).toContain(`\`${name}\``);
  });
});

test('there is a sample for every function, and a test for every sample', () => {
  expect(Object.keys(EXPECTED).sort()).toEqual(sampleNames());
  const functions = new Set(sampleNames().map(functionOf));
  expect([...functions].sort()).toEqual(declared.functions.map(({ name }) => name).sort());
});

const Routed = z.object({
  rawPath: z.string(),
  routeKey: z.string(),
  pathParameters: z.record(z.string(), z.string()).default({}),
  requestContext: z.object({ routeKey: z.string(), http: z.object({ method: z.string() }) }),
});
const requests = sampleNames().filter((name) => Routed.safeParse(readSample(name)).success);

test.each(requests)('%s is what the gateway makes of its request', (name) => {
  const { rawPath, routeKey, pathParameters, requestContext } = Routed.parse(readSample(name));
  const match = routeMatcher(declared.routes)(requestContext.http.method, rawPath);
  expect({ routeKey, pathParameters }).toEqual({
    routeKey: match?.routeKey,
    pathParameters: match?.pathParameters,
  });
  expect(requestContext.routeKey).toBe(routeKey);
  expect([match?.route.functionName, match?.route.authorizer]).toContain(functionOf(name));
});

test.each(sampleNames().filter((name) => name.startsWith('webhook-')))(
  '%s gets the one refusal when it is not sealed, or long ago',
  async (name) => {
    for (const event of [readSample(name), sealed(readSample(name), key, Date.now() - 400_000)]) {
      const refused = await answer(name, event);
      expect([refused.status, refused.body['code']]).toEqual([401, 'WEBHOOK_REJECTED']);
    }
  },
);

test('a sample that is sealed already is left alone', () => {
  const once = sealed(readSample('webhook-check'), key, Date.now());
  expect(sealed(once, key, Date.now())).toEqual(once);
});

test('the running stack is found by a file of its owner alone', async () => {
  expect(statSync(join(dataDir, 'environment.json')).mode & 0o777).toBe(0o600);
  expect(await runningEnvironment(dataDir)).toMatchObject({ GATEHOUSE_STAGE: 'local' });
  expect(await runningEnvironment(join(dataDir, 'nowhere'))).toBeUndefined();
});

test('what a killed stack left behind is no stack, and the next one replaces it', async () => {
  const left = join(dataDir, 'left');
  const running = await runningEnvironment(dataDir);
  const gone = { ...running, AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${await freePort()}` };
  keepEnvironment(left, gone);
  expect(await runningEnvironment(left)).toBeUndefined();
  const remove = keepEnvironment(left, running!);
  expect(await runningEnvironment(left)).toEqual(running);
  await remove();
  expect(existsSync(join(left, 'environment.json'))).toBe(false);
});

test('no credential of the person’s own is written down', () => {
  const written = readFileSync(join(dataDir, 'environment.json'), 'utf8');
  expect(written).not.toMatch(/ACCESS_KEY|SESSION_TOKEN|HOME|PATH/);
});

const invokeLocal = (name: string, where: string) => {
  const command = ['invoke', 'local', '-f', functionOf(name)];
  return run(
    process.execPath,
    [join(ROOT, 'node_modules/serverless/bin/serverless.js'), ...command, '--path', `events/${name}.json`],
    {
      cwd: ROOT,
      timeout: 60_000,
      env: {
        PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
        HOME: dataDir,
        SLS_NOTIFICATIONS_MODE: 'off',
        GATEHOUSE_DATA_DIR: where,
      },
    },
  ).catch((failure: { stdout: string; stderr: string }) => failure);
};

test('serverless invoke local gives a sample to its function, against the stack that runs', async () => {
  const { stdout } = await invokeLocal('webhook-check', dataDir);
  expect(HttpAnswer.parse(JSON.parse(stdout))).toMatchObject({
    statusCode: 200,
    body: expect.stringContaining('"diamond_balance":"2250"') as string,
  });
}, 90_000);

test('serverless invoke local says when no stack runs', async () => {
  const where = join(dataDir, 'nowhere');
  const { stdout, stderr } = await invokeLocal('webhook-check', where);
  expect(stdout + stderr).toContain(`No Gatehouse runs on ${where}`);
  expect(existsSync(where)).toBe(false);
}, 90_000);
