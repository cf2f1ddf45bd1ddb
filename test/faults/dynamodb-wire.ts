/**
 * DynamoDB on a bad day, at the wire: an HTTP server between our adapter and a real DynamoDB. What it does to which
 * request follows from a seed (docs/builders/testing.md).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readBody } from '../../dev/host/body.ts';
import { unsigned } from '../../dev/stores/aws-json.ts';
import type { AwsTarget } from '../../dev/stores/aws-json.ts';
import { isEventual, isRead, isWrite, permissionsOf } from './dynamodb-call.ts';
import type { Attributes, Call } from './dynamodb-call.ts';
import { accessDenied, conflict, internalError, invalid, throttled } from './dynamodb-refusals.ts';
import type { Reply } from './dynamodb-refusals.ts';
import { faultPlan } from './faults.ts';
import type { Fate, Fault, FaultRates } from './faults.ts';
import type { Grants } from './grants.ts';
import { startReplica } from './lagging-replica.ts';

export interface DynamoDbWireOptions {
  /** The DynamoDB behind it. */
  upstream: string;
  stage: string;
  /** Default 1. */
  seed?: number;
  /** Default: nothing happens but what `meet` asks for. */
  rates?: FaultRates;
  /** Reads without `ConsistentRead` are up to so many items behind. All writes of the stage have to come this way. */
  staleWrites?: number;
  /** Pages of queries and scans hold 1 to so many items. */
  pageSize?: number;
  /** Share of batches of which only a part is done. */
  unprocessed?: number;
  /** The function that a request comes from, by its headers: it may do what its grants allow. */
  grantsOf?: (headers: IncomingMessage['headers']) => { name: string; grants: Grants } | undefined;
}

export interface DynamoDbWire {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  endpoint: string;
  /** The next requests meet these, in order, before the plan goes on: `none` lets one pass. */
  meet(...faults: Fault[]): void;
  /**
   * The next so many requests of this kind wait for each other, and then go through in the order in which they came:
   * their senders have all read before anybody has written.
   */
  gather: (count: number, isOne: (call: Call) => boolean) => void;
  /** Every request that arrived, in order. */
  requests: { action: string; fault: Fault }[];
  /** How many connections were opened. */
  sockets(): number;
  /** `proxy dynamodb:Query gatehouse-local-registry`: what the functions have asked for. */
  used: Set<string>;
  /** Carries out what is still on its way. */
  deliverLate(): Promise<void>;
  /** @throws Error naming what a function asked for without a grant. */
  stop(): Promise<void>;
}

const STREAMS = 'DynamoDBStreams_20120810';
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' };
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** A late request arrives after 1 to so many others. */
const LATEST = 40;

export async function startDynamoDbWire(options: DynamoDbWireOptions): Promise<DynamoDbWire> {
  const { upstream, stage, seed = 1, rates, staleWrites = 0, pageSize, unprocessed = 0, grantsOf } = options;
  const plan = faultPlan(seed, rates);
  const asked: Fault[] = [];
  const requests: DynamoDbWire['requests'] = [];
  const used = new Set<string>();
  const denied = new Set<string>();
  let late: { arrivesAt: number; call: Call }[] = [];
  let gathering:
    { missing: number; isOne: (call: Call) => boolean; complete: PromiseWithResolvers<void> } | undefined;
  const target: AwsTarget = { endpoint: upstream, region: 'us-east-1', accessKeyId: 'local' };
  const replica = staleWrites > 0 ? await startReplica(target, stage, (call) => ask(call)) : undefined;

  /** One request to the DynamoDB behind. */
  const ask = ({ action, input }: Call): Promise<Reply> =>
    pass(`DynamoDB_20120810.${action}`, JSON.stringify(input));

  async function pass(operation: string, body: string): Promise<Reply> {
    const reply = await fetch(upstream, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...unsigned(target), 'x-amz-target': operation },
      body,
    });
    return { status: reply.status, body: await reply.text() };
  }

  async function carryOut(call: Call, fraction?: () => number): Promise<Reply> {
    const left = fraction && leftOf(call, fraction);
    const reply = await ask(call);
    if (replica && isWrite(call) && reply.status === 200) await replica.observe(call);
    return withLeft(reply, 'UnprocessedItems', left);
  }

  /** What is not done of a batch, and taken out of it. */
  function leftOf(call: Call, fraction: () => number): RequestItems | undefined {
    return call.action.startsWith('Batch') && fraction() < unprocessed ? setAside(call, fraction) : undefined;
  }

  async function read(call: Call, fraction: () => number): Promise<Reply> {
    const { input } = call;
    if (pageSize !== undefined && (call.action === 'Query' || call.action === 'Scan')) {
      input.Limit = Math.min(input.Limit ?? Number.POSITIVE_INFINITY, 1 + Math.floor(fraction() * pageSize));
    }
    const left = leftOf(call, fraction);
    const reply =
      replica && isEventual(call)
        ? await behind(call, Math.floor(fraction() * (staleWrites + 1)))
        : await ask(call);
    return withLeft(reply, 'UnprocessedKeys', left);
  }

  async function behind(call: Call, writes: number): Promise<Reply> {
    const reply = await ask(await replica!.redirect(call, writes));
    return { ...reply, body: replica!.restore(reply.body) };
  }

  function refusedByRole(call: Call, headers: IncomingMessage['headers']): Reply | undefined {
    const caller = grantsOf?.(headers);
    if (!caller) return undefined;
    for (const permission of permissionsOf(call)) {
      used.add(`${caller.name} ${permission}`);
      if (caller.grants.has(permission)) continue;
      denied.add(`${caller.name} ${permission}`);
      return accessDenied(permission);
    }
    return undefined;
  }

  async function deliver(arrivedBy: number): Promise<void> {
    const due = late.filter(({ arrivesAt }) => arrivesAt <= arrivedBy);
    late = late.filter(({ arrivesAt }) => arrivesAt > arrivedBy);
    for (const { call } of due) await carryOut(call);
  }

  async function gathered(call: Call): Promise<void> {
    if (!gathering?.isOne(call)) return;
    const { complete } = gathering;
    if (--gathering.missing === 0) {
      gathering = undefined;
      complete.resolve();
    }
    await complete.promise;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request, MAX_REQUEST_BYTES)) ?? Buffer.alloc(0);
    const [api, action] = String(request.headers['x-amz-target']).split('.') as [string, string];
    // Lambda reads the streams, not our code.
    if (api === STREAMS) return send(response, await pass(`${api}.${action}`, body.toString('utf8')));
    const call: Call = { action, input: JSON.parse(body.toString('utf8')) as Call['input'] };
    const fate = { ...plan() };
    fate.fault = asked.shift() ?? fate.fault;
    requests.push({ action, fault: fate.fault });
    const refused = refusedByRole(call, request.headers);
    if (refused) return send(response, refused);
    await deliver(requests.length);
    await gathered(call);
    await meetFate(call, fate, response);
  }

  async function meetFate(call: Call, { fault, fraction }: Fate, response: ServerResponse): Promise<void> {
    const carry = () => (isRead(call) ? read(call, fraction) : carryOut(call, fraction));
    switch (fault) {
      case 'throttled':
        return send(response, throttled(fraction));
      case 'internal-error':
        return send(response, internalError());
      case 'invalid':
        return send(response, invalid(call, fraction));
      case 'conflict':
        return send(response, conflict(call, fraction) ?? (await carry()));
      case 'late-request':
        late.push({ arrivesAt: requests.length + 1 + Math.floor(fraction() * LATEST), call });
        return cut(response);
      case 'lost-request':
        return cut(response);
      case 'lost-reply':
        await carry();
        return cut(response);
      case 'reset-answer':
        return sendHalf(response, await carry(), () => cut(response));
      case 'stalled-body':
        return sendHalf(response, await carry());
      case 'black-hole':
        return;
      case 'silence':
        return void (await carry());
      case 'none':
        return send(response, await carry());
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(599);
      response.end(String(error));
    });
  });
  let sockets = 0;
  server.on('connection', () => (sockets += 1));
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meet: (...faults) => void asked.push(...faults),
    gather: (missing, isOne) => void (gathering = { missing, isOne, complete: Promise.withResolvers() }),
    requests,
    sockets: () => sockets,
    used,
    deliverLate: () => deliver(Number.POSITIVE_INFINITY),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await replica?.stop();
      if (denied.size > 0) throw new Error(`Not granted by serverless.yml: ${[...denied].join(', ')}`);
    },
  };
}

type RequestItems = NonNullable<Call['input']['RequestItems']>;

/** Takes some keys or items of a batch away, at most all but one: they come back as unprocessed. */
function setAside({ input }: Call, fraction: () => number): RequestItems {
  const left: RequestItems = {};
  for (const [table, batch] of Object.entries(input.RequestItems ?? {})) {
    const all = Array.isArray(batch) ? batch : (batch.Keys ?? []);
    const kept = Math.max(1, Math.floor(fraction() * all.length));
    if (kept === all.length) continue;
    const only = (part: Attributes[]) => (Array.isArray(batch) ? part : { ...batch, Keys: part });
    left[table] = only(all.slice(kept));
    input.RequestItems![table] = only(all.slice(0, kept));
  }
  return left;
}

function withLeft(reply: Reply, name: string, left: RequestItems = {}): Reply {
  if (reply.status !== 200 || Object.keys(left).length === 0) return reply;
  return { ...reply, body: JSON.stringify({ ...(JSON.parse(reply.body) as object), [name]: left }) };
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(body) }).end(body);
}

function sendHalf(response: ServerResponse, { status, body }: Reply, then?: () => void): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...JSON_TYPE, 'content-length': bytes.length });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), then);
}

/** As a peer that is gone: no answer, no goodbye. */
function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
