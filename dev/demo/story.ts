/**
 * The story, step by step. What Gatehouse reports is shown; claims are checked by counters of the
 * platform, which is independent of Gatehouse.
 */
import { createClient, PlatformUnavailableError } from '../../client/index.ts';
import type { Client, GatewayError } from '../../client/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { Narrator } from './narrator.ts';
import { BREAKER, CACHE_SECONDS } from './services.ts';
import type { DemoServices } from './services.ts';
import type { DemoStack } from './stack.ts';

export interface Scene {
  tell: Narrator;
  stack: DemoStack;
  sandbox: Sandbox;
  services: DemoServices;
}

const CALLERS = 50;
/** The schedule comes every minute. */
const SCHEDULE_WAIT_MS = 75_000;

interface UserAnswer {
  data: { name: string; department: string };
}
interface OrderAnswer {
  data: { orderNo: string };
}
type DemoClient = Client<
  Record<
    string,
    {
      getUserInfo: { params: { userId: string }; result: UserAnswer };
      submitOrder: { params: { title: string }; result: OrderAnswer };
    }
  >
>;

export async function playStory(scene: Scene): Promise<void> {
  const { url, adminKey } = scene.stack;
  // No retries of its own: the demo shows every answer as it is.
  const client: DemoClient = createClient({ baseUrl: url, apiKey: adminKey, retries: 0 });
  await coldStart(scene, client);
  await calls(scene, client);
  await expiry(scene, client);
  await keepalive(scene);
  await downAndBack(scene, client);
}

async function coldStart(
  { tell, sandbox, services: { platform } }: Scene,
  client: DemoClient,
): Promise<void> {
  tell.step('Cold start: no session yet, and the first captcha is misread');
  sandbox.control.chaojiying.wrong(1);
  const { data, meta } = await client.callWithMeta(platform, 'getUserInfo', { userId: '10002' });
  const seen = sandbox.counters.workOrder();
  const solver = sandbox.counters.chaojiying();
  tell.say(`getUserInfo → ${data.data.name}, ${data.data.department}`);
  tell.say(`x-gatehouse-session: ${meta.session ?? '-'}, ${meta.durationMs} ms`);
  tell.claim('the platform drew 2 captchas and let us in once', seen.captchas === 2 && seen.logins === 1);
  tell.claim('it called the first answer wrong', seen.wrongCaptchas === 1 && solver.wrong === 1);
  tell.claim('the points of the wrong answer came back', solver.refunds === 1 && solver.unjustReports === 0);
}

async function calls({ tell, sandbox, services: { platform } }: Scene, client: DemoClient): Promise<void> {
  tell.step('Calls: the session is there');
  const before = sandbox.counters.workOrder();
  const { meta } = await client.callWithMeta(platform, 'getUserInfo', { userId: '10003' });
  tell.say(`getUserInfo: ${meta.durationMs} ms, session ${meta.session ?? '-'}`);

  const order = () =>
    client.callWithMeta(platform, 'submitOrder', { title: '路灯不亮' }, { idempotencyKey: `${platform}-1` });
  const answers = await Promise.all([order(), order(), order()]);
  const numbers = new Set(answers.map(({ data }) => data.data.orderNo));
  const replayed = answers.filter((answer) => answer.meta.replayed).length;
  tell.say(`submitOrder, thrice at once with one Idempotency-Key → ${[...numbers].join(', ')}`);

  const file = await client.proxy(platform, 'GET', '/api/file/sample');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const after = sandbox.counters.workOrder();
  tell.claim(
    'one order on the platform, one answer for all three',
    after.orders === 1 && numbers.size === 1,
    `${replayed} replayed`,
  );
  tell.claim('the CSRF header came from the cookie, else it had been refused', file.status === 200);
  tell.claim(
    '256 binary bytes through the raw proxy, unchanged',
    bytes.length === 256 && bytes.every((byte, at) => byte === at),
  );
  tell.claim('no login more', after.logins === before.logins);
}

async function expiry({ tell, sandbox, services: { platform } }: Scene, client: DemoClient): Promise<void> {
  tell.step(`The platform ends the session, and ${CALLERS} callers find out at once`);
  const before = sandbox.counters.workOrder();
  sandbox.control.workOrder.expireSessions('redirect');
  const started = Date.now();
  const results = await Promise.allSettled(
    Array.from({ length: CALLERS }, (_, caller) =>
      client.callWithMeta(platform, 'getUserInfo', { userId: String(20_000 + caller) }),
    ),
  );
  const after = sandbox.counters.workOrder();
  const good = results.filter((result) => result.status === 'fulfilled');
  const origins = good.map(({ value }) => value.meta.session ?? '-');
  const failures = results.filter((result) => result.status === 'rejected');
  tell.say(`all answered after ${Date.now() - started} ms; x-gatehouse-session: ${tally(origins)}`);
  for (const { reason } of failures.slice(0, 3)) tell.say(`a caller failed: ${String(reason)}`);
  tell.say(
    `${after.expired - before.expired} requests met the dead session, each sent again after the renewal`,
  );
  tell.claim(`all ${CALLERS} callers were served`, good.length === CALLERS, `${good.length}`);
  tell.claim('1 captcha', after.captchas - before.captchas === 1, `${after.captchas - before.captchas}`);
  tell.claim('1 login', after.logins - before.logins === 1, `${after.logins - before.logins}`);
}

async function keepalive({ tell, stack, sandbox, services }: Scene): Promise<void> {
  tell.step('Keepalive: the schedule looks after the session');
  const heartbeats = () => sandbox.counters.workOrder().requests['GET /api/heartbeat'] ?? 0;
  const before = heartbeats();
  await services.keepAlive();
  if (stack.tick) {
    await stack.tick();
    await stack.tick();
    tell.say('the minute’s event was sent twice, as EventBridge may');
  } else {
    tell.say('waiting for the schedule, which comes once a minute …');
    await until(() => heartbeats() > before, SCHEDULE_WAIT_MS);
  }
  tell.claim('the platform saw one heartbeat', heartbeats() - before === 1, `${heartbeats() - before}`);
}

async function downAndBack(
  { tell, stack, sandbox, services: { platform } }: Scene,
  client: DemoClient,
): Promise<void> {
  tell.step('The platform goes down');
  const ask = (userId: string) => client.callWithMeta(platform, 'getUserInfo', { userId });
  await ask('10002');
  await wait(CACHE_SECONDS * 1_000 + 200);
  sandbox.control.workOrder.down();
  const codes: string[] = [];
  for (let call = 0; call < BREAKER.failures; call += 1) codes.push(await codeOf(ask(`3000${call}`)));
  tell.say(`${BREAKER.failures} calls: ${tally(codes)}`);
  tell.claim(
    'each says that the platform is unavailable',
    codes.every((code) => code === 'PLATFORM_UNAVAILABLE'),
  );

  const resets = sandbox.counters.workOrder().resets;
  const refused = await failureOf(ask('30009'));
  tell.say(`one more: ${refused?.code ?? 'an answer'}, Retry-After ${refused?.retryAfterSeconds ?? '-'} s`);
  tell.claim('the breaker is open', refused?.code === 'CIRCUIT_OPEN');
  tell.claim('and the platform is left alone', sandbox.counters.workOrder().resets === resets);

  const stale = await ask('10002');
  tell.say(
    `getUserInfo of someone who was asked for before → ${stale.data.data.name}, stale: ${stale.meta.stale}`,
  );
  tell.claim('an older answer serves, marked as stale', stale.meta.stale);

  tell.step('The platform comes back');
  const before = sandbox.counters.workOrder();
  sandbox.control.workOrder.up();
  const patient: DemoClient = createClient({ baseUrl: stack.url, apiKey: stack.adminKey, retries: 3 });
  const started = Date.now();
  const { data, meta } = await patient.callWithMeta(platform, 'getUserInfo', { userId: '30009' });
  tell.say(`the client waited as Retry-After asked: ${data.data.name} after ${Date.now() - started} ms`);
  tell.claim('the breaker closed with the first answer', !meta.stale && !(await ask('30010')).meta.stale);
  tell.claim('the session outlived it: no login', sandbox.counters.workOrder().logins === before.logins);
}

async function failureOf(promise: Promise<unknown>): Promise<GatewayError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof PlatformUnavailableError) return error;
    throw error;
  }
}

const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise))?.code ?? 'an answer';

/** `49 × renewed, 1 × login` */
function tally(words: string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} × ${word}`).join(', ');
}

const wait = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

async function until(holds: () => boolean, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds() && Date.now() < end) await wait(100);
}
