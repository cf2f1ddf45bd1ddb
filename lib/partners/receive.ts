/** The way of a webhook request (SPEC 7): docs/webhooks.md. Nothing here knows of Lambda. */
import { isUtf8 } from 'node:buffer';
import type { CredentialStore } from '../access/credentials/credentials.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { ExactNumber } from '../text/json/exact.ts';
import type { ExactJson } from '../text/json/exact.ts';
import { createSecretFilter, redactText } from '../text/redaction/redact.ts';
import type { Redis } from '../vendors/redis/redis.ts';
import type { RegisteredService } from '../registry/definition.ts';
import type { ServiceCatalog } from '../registry/registry.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { readPlacement } from './urs/envelope-placement.ts';
import { EnvelopeRejected, envelopeKeys, openEnvelope } from './urs/envelope.ts';
import type { OpenedEnvelope } from './urs/envelope.ts';
import { readShape } from './urs/envelope-shape.ts';
import { ACTIONS } from './actions.ts';
import type { ActionDeps, ActionResult } from './actions.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { readObject } from './urs/payloads.ts';
import { countRequest } from './rate-limit.ts';
import { refusalReply, successReply, WebhookRefused } from './reply.ts';
import type { WebhookReply } from './reply.ts';

export interface WebhookRequest {
  /** `urs` of `/webhook/urs/deposit`. */
  path: string;
  action: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  sourceIp: string;
  requestId: string;
  deadline: Deadline;
}

export interface WebhookDeps extends ActionDeps {
  catalog: ServiceCatalog<RegisteredService>;
  credentials: CredentialStore;
  redis: Redis;
  deliveries: Deliveries;
  clock: Clock;
  random: Random;
  log: { error(message: string, fields?: Record<string, unknown>): void };
}

const MAX_BODY_BYTES = 256 * 1024;
/** No sender waits longer for its money to move, milliseconds: partners give up after 10 s. */
const PATIENCE_MS = 8_000;
/** Kept back for the delivery's record and the answer, milliseconds. */
const RECORD_MS = 2_000;
const DEFAULT_RATE = { limit: 60, windowSeconds: 60 };
const DEFAULT_WINDOW_SECONDS = 300;

/** What is learnt on the way, for the delivery's record. */
interface Progress {
  keyVersionId?: string;
  /** Values that no record may hold. */
  secrets?: string[];
  payload?: string;
  transactionId?: string;
}

/** Never rejects: whatever happens, the sender gets an answer of its protocol. */
export async function receive(request: WebhookRequest, deps: WebhookDeps): Promise<WebhookReply> {
  const startedAt = deps.clock.now();
  const progress: Progress = {};
  let service: RegisteredService | undefined;
  let services: RegisteredService[] = [];
  let result: ActionResult | undefined;
  let refused: WebhookRefused | undefined;
  try {
    services = await deps.catalog.list();
    service = findService(request, services);
    const act = Object.hasOwn(ACTIONS, request.action) ? ACTIONS[request.action] : undefined;
    if (!act) throw new WebhookRefused('NOT_FOUND', 'There is no such action.');
    const effectBy = { at: Math.min(request.deadline.at - RECORD_MS, startedAt + PATIENCE_MS) };
    const bounded = <T>(work: Promise<T>) => before(effectBy, deps.clock, work);
    const opened = await bounded(open(service, request, progress, deps));
    const payload = readObject(opened.text);
    const id = payload['transactionId'];
    if (typeof id === 'string') progress.transactionId = id;
    else if (id instanceof ExactNumber) progress.transactionId = id.source;
    result = await bounded(act({ service, services, payload, deadline: effectBy }, deps));
  } catch (error) {
    refused = refusalOf(error);
    if (refused.code === 'INTERNAL') {
      deps.log.error('A webhook failed.', { requestId: request.requestId, error });
    }
  }
  const reply = refused
    ? refusalReply(refused, service?.definition.status === 'TESTING')
    : successReply(result!.dataText, result!.replayed);
  // Whom nobody knows leaves no record: there is no service to keep it with.
  if (service)
    await deps.deliveries.write(
      recordOf(request, service, startedAt, progress, reply, refused, result, deps),
    );
  return reply;
}

/**
 * Stores that hang must not hang the sender. What was under way may still take effect: the answer says "send it
 * again", and the next delivery finds out.
 */
async function before<T>(deadline: Deadline, clock: Clock, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const late = new GatewayError('STORE_UNAVAILABLE', 'The stores did not answer in time.', {
      retryAfterSeconds: 5,
      mayHaveHadEffect: true,
    });
    timer = setTimeout(() => reject(late), remaining(deadline, clock));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function findService({ path }: WebhookRequest, services: RegisteredService[]): RegisteredService {
  const service = services.find(({ definition }) => definition.webhook?.path === path);
  if (!service) throw new WebhookRefused('NOT_FOUND', 'There is no such webhook.');
  const { status } = service.definition;
  if (status === 'MAINTENANCE' || status === 'INACTIVE') {
    throw new WebhookRefused('SERVICE_UNAVAILABLE', 'This service is switched off.', {
      retryAfterSeconds: 60,
    });
  }
  return service;
}

/** Size, placement, shape, rate, signature: each step is paid for only by who passed the one before. */
async function open(
  service: RegisteredService,
  request: WebhookRequest,
  progress: Progress,
  { redis, credentials, clock }: WebhookDeps,
): Promise<OpenedEnvelope> {
  const { definition } = service;
  const { code, webhook } = definition;
  const envelope = placed(request);
  readShape(envelope);
  const { allowed, retryAfterSeconds } = await countRequest(redis, {
    service: code,
    source: request.sourceIp,
    rule: webhook?.rateLimit ?? DEFAULT_RATE,
  });
  if (!allowed) throw new WebhookRefused('RATE_LIMITED', 'Too many requests.', { retryAfterSeconds });
  const attempt = async () => {
    const versions = await credentials.valid(code);
    progress.secrets = versions.flatMap(({ values }) => Object.values(values));
    return openEnvelope(envelope, {
      keys: envelopeKeys(code, versions),
      nowSeconds: Math.floor(clock.now() / 1_000),
      windowSeconds: webhook?.windowSeconds ?? DEFAULT_WINDOW_SECONDS,
    });
  };
  const opened = await attempt().catch((error: unknown) => {
    if (!isSignatureFault(error) || !mayLookAgain(code, clock.now())) throw error;
    // Somebody may have rotated the key since we looked.
    credentials.forget(code);
    return attempt();
  });
  credentials.used(code, opened.keyVersionId);
  progress.keyVersionId = opened.keyVersionId;
  // By name, and by value: an order may quote the key it was sealed with.
  progress.payload = createSecretFilter(progress.secrets ?? [])(redactText(opened.text, 4_096));
  return opened;
}

const isSignatureFault = (error: unknown) => error instanceof EnvelopeRejected && error.cause === 'SIGNATURE';

/** Forged envelopes must not make us ask for the keys each time: at most this often, milliseconds. */
const LOOK_AGAIN_MS = 5_000;
const lookedAgainAt = new Map<string, number>();

function mayLookAgain(code: string, now: number): boolean {
  if (now - (lookedAgainAt.get(code) ?? 0) < LOOK_AGAIN_MS) return false;
  lookedAgainAt.set(code, now);
  return true;
}

function placed({ body, headers }: WebhookRequest): ExactJson {
  if (body.length > MAX_BODY_BYTES) {
    throw new WebhookRefused('PAYLOAD_TOO_LARGE', 'The body is larger than 256 KB.');
  }
  const inHeaders = (headers['x-encrypted-data'] ?? '') !== '';
  const type = headers['content-type'];
  if (!inHeaders && type !== undefined && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new WebhookRefused('UNSUPPORTED_MEDIA_TYPE', 'Send the envelope as application/json.');
  }
  if (!isUtf8(body)) throw new EnvelopeRejected('MALFORMED');
  return readPlacement(headers, body.toString('utf8'));
}

/** One answer for every envelope that does not hold: which check failed is nobody's business but ours. */
function refusalOf(error: unknown): WebhookRefused {
  if (error instanceof WebhookRefused) return error;
  if (error instanceof EnvelopeRejected) {
    return new WebhookRefused('WEBHOOK_REJECTED', 'The request was not accepted.', {
      internalCause: error.cause,
    });
  }
  if (isGatewayError(error, 'VALIDATION_FAILED')) {
    const field = error.fields?.[0]?.field;
    return new WebhookRefused('VALIDATION_FAILED', error.message, field === undefined ? {} : { field });
  }
  if (isGatewayError(error, 'STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED')) {
    return new WebhookRefused('STORE_UNAVAILABLE', 'Not now: send it again.', {
      internalCause: error.code,
      retryAfterSeconds: error.retryAfterSeconds ?? 1,
    });
  }
  if (isGatewayError(error, 'CONFIGURATION_ERROR')) {
    return new WebhookRefused('CONFIGURATION_ERROR', 'This service is not configured rightly.', {
      internalCause: error.message,
    });
  }
  return new WebhookRefused('INTERNAL', 'Something went wrong on our side: send it again.');
}

function recordOf(
  { action, sourceIp, requestId }: WebhookRequest,
  { definition }: RegisteredService,
  startedAt: number,
  progress: Progress,
  { status }: WebhookReply,
  refused: WebhookRefused | undefined,
  result: ActionResult | undefined,
  { clock, random }: WebhookDeps,
): Delivery {
  const transactionId = result?.transactionId ?? progress.transactionId;
  return {
    id: random.id(startedAt),
    at: new Date(startedAt).toISOString(),
    service: definition.code,
    action: action.slice(0, 64),
    source: sourceIp,
    status,
    verdict: verdictOf(status, result),
    ...(refused ? { code: refused.code } : {}),
    ...(refused?.internalCause === undefined ? {} : { cause: refused.internalCause }),
    ...(transactionId === undefined ? {} : { transactionId: transactionId.slice(0, 128) }),
    ...(progress.keyVersionId === undefined ? {} : { keyVersionId: progress.keyVersionId }),
    durationMs: clock.now() - startedAt,
    requestId,
    ...(progress.payload === undefined ? {} : { payload: progress.payload }),
  };
}

function verdictOf(status: number, result: ActionResult | undefined): Delivery['verdict'] {
  if (result) return result.replayed ? 'replayed' : 'accepted';
  if (status === 401) return 'rejected';
  return status >= 500 ? 'failed' : 'refused';
}
