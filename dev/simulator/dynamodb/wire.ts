/** The way to the simulated DynamoDB and back, under the SDK's own HTTP handler. */
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Chance } from '../chance.ts';
import type { Journal } from '../journal.ts';
import { circumstance } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import { fateOf, lateMs, travelMs } from '../weather.ts';
import type { Fate, Weather } from '../weather.ts';
import { NAMES } from '../process/stage.ts';
import type { Database } from './database.ts';
import { cancelled, inConflict, internalError, throttled } from './refused.ts';
import type { Reason, Reply } from './refused.ts';
import { isEventual, isRead } from './request.ts';
import type { Request } from './request.ts';
import { FURTHEST_BEHIND_MS } from './table.ts';

interface HttpRequest {
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** What wants to know when a request that was carried out had been sent, and for which step. */
export interface Arrival {
  request: Request;
  sentAt: number;
  step: string;
}

const THROTTLES = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];
const CONFLICTS = [
  'TransactionConflict',
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
];

export class DynamoDbWire {
  readonly #database: Database;
  readonly #weather: Weather;
  readonly #journal: Journal;
  readonly #chance: Chance;
  /** The request that is being carried out. */
  arriving: Arrival | undefined;
  /** When the last request for definitions met trouble, by true time: what was read before may serve. */
  definitionsTroubledAt = -Infinity;

  constructor(database: Database, weather: Weather, journal: Journal, chance: Chance) {
    this.#database = database;
    this.#weather = weather;
    this.#journal = journal;
    this.#chance = chance;
  }

  /** One HTTP request of the SDK. Rejects as a broken connection does. */
  send(http: HttpRequest, here: Circumstance): Promise<Reply> {
    const action = http.headers['x-amz-target']!.split('.').at(-1)!;
    const text = typeof http.body === 'string' ? http.body : new TextDecoder().decode(http.body);
    const request: Request = { action, input: JSON.parse(text) as Request['input'] };
    const { timeline, process, chance } = here;
    const sentAt = timeline.now();
    const fate = fateOf(this.#weather.dynamoDb, chance);
    const there = travelMs(fate, chance);
    const back = travelMs(fate, chance);
    if (fate !== 'none' && request.input.TableName === NAMES.tables.registry)
      this.definitionsTroubledAt = sentAt;
    return new Promise((resolve, reject) => {
      const reset = () => reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      const arrive = (afterMs: number, then: (reply: Reply) => void) =>
        timeline.after(afterMs, `dynamodb ${action} ${fate} ${text}`, here, undefined, () =>
          then(this.#carryOut({ request, sentAt, step: here.step }, fate, here)),
        );
      const answer = (run: () => void) =>
        void timeline.after(back, `dynamodb answers ${action}`, here, process, run);
      if (fate === 'lost-request') answer(reset);
      else if (fate === 'late-request') {
        answer(reset);
        arrive(there + lateMs(chance), () => {});
      } else
        arrive(there, (reply) => {
          if (fate === 'lost-reply') answer(reset);
          else if (fate !== 'silence') answer(() => resolve(reply));
        });
    });
  }

  #carryOut(arrival: Arrival, fate: Fate, { timeline, chance }: Circumstance): Reply {
    const { request } = arrival;
    const reply = this.#refusal(request, fate, chance) ?? this.#perform(arrival, timeline.now(), chance);
    this.#journal.note(
      timeline.now(),
      undefined,
      arrival.step,
      `= ${reply.status} ${JSON.stringify(reply.body)}`,
    );
    return fate === 'failed-after-all' && !isRead(request) ? internalError().reply : reply;
  }

  #refusal({ action, input }: Request, fate: Fate, chance: Chance): Reply | undefined {
    if (fate === 'throttled') return throttled(chance.oneOf(THROTTLES)).reply;
    if (fate === 'internal-error') return internalError().reply;
    if (fate !== 'conflict') return undefined;
    // A transaction names a reason per item; a write by itself has an exception of its own; a read knows none.
    if (!action.startsWith('Transact')) return isRead({ action, input }) ? undefined : inConflict().reply;
    const items = input.TransactItems?.length ?? 0;
    const certain = chance.upTo(items);
    const reasons = Array.from({ length: items }, (_, at): Reason =>
      at === certain || chance.happens(0.2) ? { Code: chance.oneOf(CONFLICTS) } : { Code: 'None' },
    );
    return cancelled(reasons).reply;
  }

  /** An index that has stood still since the last moment at which indexes take on what was written. */
  #indexBehindMs({ TableName, IndexName }: Request['input'], at: number): number {
    if (IndexName === undefined || this.#weather.indexLag === 0) return 0;
    const span = Math.floor(at / FURTHEST_BEHIND_MS);
    const stands = this.#chance.branch(`${TableName} ${IndexName} ${span}`).happens(this.#weather.indexLag);
    return stands ? at - span * FURTHEST_BEHIND_MS : 0;
  }

  #perform(arrival: Arrival, at: number, chance: Chance): Reply {
    const { action, input } = arrival.request;
    const isPaged = (action === 'Query' || action === 'Scan') && chance.happens(this.#weather.smallPages);
    const Limit = isPaged ? Math.min(input.Limit ?? Infinity, 1 + chance.upTo(4)) : input.Limit;
    const asked = { action, input: Limit === undefined ? input : { ...input, Limit } };
    const left =
      action.startsWith('Batch') && chance.happens(this.#weather.smallPages) ? setAside(asked, chance) : {};
    const isBehind = isEventual(asked) && chance.happens(this.#weather.stale);
    const behindMs = isBehind ? chance.between(0, FURTHEST_BEHIND_MS) : 0;
    this.arriving = arrival;
    const reply = this.#database.request(asked, at, Math.max(behindMs, this.#indexBehindMs(input, at)));
    this.arriving = undefined;
    return reply.status === 200 && Object.keys(left).length > 0
      ? { ...reply, body: { ...reply.body, [isRead(asked) ? 'UnprocessedKeys' : 'UnprocessedItems']: left } }
      : reply;
  }
}

/** Takes some keys or items of a batch away, at most all but one: they come back as unprocessed. */
function setAside(request: Request, chance: Chance): Request['input']['RequestItems'] & object {
  const left: NonNullable<Request['input']['RequestItems']> = {};
  const kept = Object.entries(request.input.RequestItems ?? {}).map(([table, batch]) => {
    const part = (from: number, to?: number) =>
      Array.isArray(batch) ? batch.slice(from, to) : { ...batch, Keys: batch.Keys.slice(from, to) };
    const { length } = Array.isArray(batch) ? batch : batch.Keys;
    const count = 1 + chance.upTo(length);
    if (count < length) left[table] = part(count);
    return [table, part(0, count)];
  });
  request.input = { ...request.input, RequestItems: Object.fromEntries(kept) };
  return left;
}

/** Of the SDK's, for nobody who is here: copies for a log, and headers. They take a tenth of a simulation. */
const IDLE = ['loggerMiddleware', 'getUserAgentMiddleware', 'recursionDetectionMiddleware'];

/** Every SDK client of a process in a simulation asks its DynamoDB. Once, before the first simulation. */
export function simulateDynamoDb(): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the client's own `this` below
  const send = DynamoDBDocumentClient.prototype.send as (...given: unknown[]) => Promise<never>;
  DynamoDBDocumentClient.prototype.send = function plain(this: DynamoDBDocumentClient, ...given: unknown[]) {
    if (circumstance()) for (const name of IDLE) this.middlewareStack.remove(name);
    return send.apply(this, given);
  };
  // Nobody looks at a signature, and it takes as long as all the rest of a request.
  // oxlint-disable-next-line typescript/unbound-method -- called with the signer's own `this` below
  const sign = SignatureV4.prototype.sign as (...given: unknown[]) => Promise<never>;
  SignatureV4.prototype.sign = function unsigned(this: SignatureV4, ...given: unknown[]): Promise<never> {
    return circumstance() ? Promise.resolve(given[0] as never) : sign.apply(this, given);
  };
  // oxlint-disable-next-line typescript/unbound-method -- called with the handler's own `this` below
  const handle = NodeHttpHandler.prototype.handle;
  NodeHttpHandler.prototype.handle = async function simulated(request, options) {
    const here = circumstance();
    if (!here) return handle.call(this, request, options);
    const signal = options?.abortSignal as AbortSignal | undefined;
    const gaveUp = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('Request aborted')));
    });
    const { status, body } = await Promise.race([here.network.dynamoDb.send(request, here), gaveUp]);
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': here.step };
    const bytes = Buffer.from(JSON.stringify(body));
    return { response: { statusCode: status, headers, body: oneChunk(bytes) } };
  };
}

async function* oneChunk(bytes: Buffer) {
  yield bytes;
}
