/**
 * Does with the client of TypeScript what a test asks for: a job a line on standard input, an answer a line on standard
 * output. Sleeping only moves the clock, and chance is always a half.
 */
import { createInterface } from 'node:readline';
import { createClient, GatewayError, PlatformApiError, verifyEvent } from '../../../client/index.ts';
import type { CallMeta, Client } from '../../../client/index.ts';
import { ROUTES } from '../../../client/routes.generated.ts';
import type { Job, Reply, ShownError } from './drivers.ts';

const slept: number[] = [];
let ahead = 0;
const clock = {
  now: () => Date.now() + ahead,
  sleep: async (ms: number) => {
    ahead += ms;
    slept.push(ms);
  },
};

/** A number as its digits behind "#", as the other drivers do. */
function shown(value: unknown): unknown {
  if (typeof value === 'number') return `#${value}`;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]));
}

function error(problem: unknown): ShownError {
  if (!(problem instanceof GatewayError)) {
    const { name, message } = problem as Error;
    return { class: name, text: message };
  }
  return {
    class: problem.name,
    isGatewayError: true,
    text: `${problem.code}: ${problem.message}`,
    code: problem.code,
    detail: problem.message,
    status: problem.status,
    requestId: problem.requestId ?? null,
    retryable: problem.retryable,
    retryAfter: problem.retryAfterSeconds ?? null,
    errors: problem.errors,
    upstream: problem instanceof PlatformApiError ? (shown(problem.upstream) ?? null) : null,
  };
}

const meta = ({ account, session, ...rest }: Partial<CallMeta>) => {
  delete rest.durationMs;
  return { ...rest, account: account ?? null, session: session ?? null };
};

const content = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'base64' in body
    ? new Uint8Array(Buffer.from(String(body.base64), 'base64'))
    : body;

const clients = new Map<string, Client>();
function clientOf(given: NonNullable<Job['client']>): Client {
  const key = JSON.stringify(given);
  const { timeout, ...options } = given.options ?? {};
  const timing = timeout === undefined ? {} : { timeoutMs: timeout * 1_000 };
  const open = () =>
    createClient({
      baseUrl: given.baseUrl,
      apiKey: given.apiKey,
      ...options,
      ...timing,
      clock,
      fraction: () => 0.5,
    });
  const client = clients.get(key) ?? open();
  clients.set(key, client);
  return client;
}

/** The other languages name a route by its method and path. */
const routeOf = (method: string, path: string) =>
  Object.entries(ROUTES).find(
    ([, route]) => route.method === method && route.path === path,
  )![0] as 'listCalls';

async function perform(job: Job): Promise<unknown> {
  const { service = '', operation = '', method = '', path = '' } = job;
  const { timeout, ...given } = job.options ?? {};
  const options = { ...given, ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }) };
  if (job.do === 'verify') {
    return shown(await verifyEvent(job.headers ?? {}, content(job.body) as string, job.secrets ?? []));
  }
  const client = clientOf(job.client!);
  switch (job.do) {
    case 'open':
      return null;
    case 'call':
      return shown(await client.call(service, operation, job.params ?? {}, options));
    case 'callWithMeta': {
      const result = await client.callWithMeta(service, operation, job.params ?? {}, options);
      return { data: shown(result.data), meta: meta(result.meta) };
    }
    case 'batch': {
      const results = await client.batch(service, job.calls ?? [], options);
      return results.map((one) =>
        one.success ? { data: shown(one.data), meta: meta(one.meta) } : { error: error(one.error) },
      );
    }
    case 'proxy': {
      const parts = { query: job.query ?? {}, headers: job.headers ?? {}, ...options };
      const body = job.body === undefined ? {} : { body: content(job.body) as string };
      const response = await client.proxy(service, method, path, { ...parts, ...body });
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        location: response.headers.get('location'),
        body: shown(new Uint8Array(await response.arrayBuffer())),
      };
    }
    case 'request': {
      const { params, query, body } = job;
      const input: unknown = { params, query, body };
      return shown((await client.request(routeOf(method, path), input as object, options)) ?? null);
    }
    default:
      throw new Error(`The driver of TypeScript does no ${job.do}.`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  slept.length = 0;
  const reply: Reply = await perform(JSON.parse(line) as Job).then(
    (value) => ({ value, slept }),
    (problem: unknown) => ({ error: error(problem), slept }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
