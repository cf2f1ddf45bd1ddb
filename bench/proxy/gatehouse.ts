// Ours in the proxy benchmark: the functions behind the local host, wired as they are deployed. Arguments: the platform;
// `unlogged` leaves out the call log. The environment names the stores.
import { readDeclared } from '../../dev/host/declared.ts';
import { loadHandlers } from '../../dev/host/functions.ts';
import type { FunctionHandler } from '../../dev/host/functions.ts';
import { startHost } from '../../dev/host/index.ts';
import { compose } from '../../functions/proxy/compose.ts';
import { serveCall } from '../../functions/proxy/proxy.ts';
import { credentials } from '../../functions/wiring/credentials.ts';
import { httpFunction } from '../../functions/wiring/http-function.ts';
import { PROXY_ROUTES } from '../../lib/api/routes/proxy.ts';
import { tellCpuTime } from './contestant.ts';

const [platform, mode] = process.argv.slice(2);
const isUnlogged = mode === 'unlogged';
const code = isUnlogged ? 'UNLOGGED' : 'EVERYTHING';

const declared = readDeclared({ stage: 'local', env: process.env });
const handlers = await loadHandlers(declared.functions);
const host = await startHost({
  declared,
  handlers: isUnlogged ? { ...handlers, proxy: withoutCallLog() } : handlers,
  schedules: false,
});

/** As functions/proxy/handler.ts has it. */
function withoutCallLog(): FunctionHandler {
  const parts = compose();
  const deps = { ...parts, calls: { ...parts.calls, write: () => Promise.resolve() } };
  return httpFunction(PROXY_ROUTES, (request, match) => serveCall(request, match.id, deps), {
    finish: () => credentials().flush(),
  });
}

async function asAdmin<T>(method: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${host.url}/v1/admin/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${process.env['GATEHOUSE_ADMIN_KEY']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

await asAdmin('PUT', `services/${code}`, {
  code,
  name: code,
  baseUrl: platform,
  allowedPaths: ['/*'],
  auth: { type: 'NONE' },
  ...(isUnlogged
    ? {}
    : {
        quotas: [
          { type: 'PER_MINUTE', limit: 10_000_000 },
          { type: 'PER_DAY', limit: 1_000_000_000 },
        ],
        breaker: {},
      }),
});
const { key } = await asAdmin<{ key: string }>('POST', 'keys', { name: 'bench', role: 'caller' });
tellCpuTime({ url: `${host.url}/v1/services/${code}/proxy`, headers: { authorization: `Bearer ${key}` } });
