/**
 * One process of a fleet: `node fleet-process.ts '{"url","token","code","platform"}'`. On `{ callers }`
 * that many callers call the platform at once and renew when refused; it answers `{ ok, failed, why, redisCalls }`.
 */
import { connectRedis } from '../../../../lib/vendors/redis/redis.ts';
import { countingRedis, processOf, send, serviceAt, within } from './scene.ts';

const { url, token, code, platform } = JSON.parse(process.argv[2]!) as Record<string, string>;
const redis = countingRedis(connectRedis({ url: url!, token: token!, timeoutMs: 5_000 }));
const sessions = processOf(redis);
const service = serviceAt(platform!, code);

async function call(): Promise<boolean> {
  const target = `${platform}/api/order`;
  const { session } = await sessions.acquire(service, within(25_000));
  const status = async (cookie: string | undefined) =>
    (await send('GET', target, cookie === undefined ? {} : { cookie })).status;
  if ((await status(session.cookieHeader(target))) === 200) return true;
  const renewed = await sessions.renew(service, session, within(25_000));
  return (await status(renewed.session.cookieHeader(target))) === 200;
}

async function callAtOnce(callers: number): Promise<void> {
  redis.calls = 0;
  const all = await Promise.allSettled(Array.from({ length: callers }, () => call()));
  const ok = all.filter((one) => one.status === 'fulfilled' && one.value).length;
  const why = all.find((one) => one.status === 'rejected')?.reason as Error | undefined;
  process.send!({ ok, failed: all.length - ok, why: why?.message ?? '', redisCalls: redis.calls });
}

process.on('message', ({ callers }: { callers: number }) => void callAtOnce(callers));
process.on('disconnect', () => process.exit());
process.send!('ready');
