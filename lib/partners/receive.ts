/** Handles a webhook request (SPEC 7) of any protocol: docs/builders/partners.md. Independent of Lambda. */
import type { CredentialStore } from '../access/credentials/credentials.ts';
import { isSwitchedOff } from '../definition/service.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Redis } from '../vendors/redis/redis.ts';
import { perform } from './actions.ts';
import type { ActionDeps, ActionResult } from './actions.ts';
import { payloadOf } from './body.ts';
import { protocolOf } from './definition.ts';
import type { PartnerCatalog, PartnerService, WebhookSettings } from './definition.ts';
import type { Deliveries } from './deliveries.ts';
import { recordOf } from './delivery-record.ts';
import type { DeliveryFacts, Outcome } from './delivery-record.ts';
import { refuseUnknownPath } from './mapped/event.ts';
import { isObject } from './payload.ts';
import { hasActions } from './protocol.ts';
import type { AnyProtocol, PartnerRequest } from './protocol.ts';
import { PROTOCOLS } from './protocols.ts';
import { countRequest } from './rate-limit.ts';
import { refusalOf } from './refusal.ts';
import { jsonReplies, statusOf, WebhookRefused } from './reply.ts';
import type { Replies, WebhookReply } from './reply.ts';
import { shapedReplies } from './shaped/replies.ts';
import { countUnverified } from './unverified.ts';
import { withValidCredentials } from './valid-credentials.ts';
import { wantedBy } from './wanted-event.ts';
import type { WantedEvent } from './wanted-event.ts';

export interface WebhookRequest extends PartnerRequest {
  /** `urs` of `/webhook/urs/deposit`. */
  path: string;
  sourceIp: string;
  requestId: string;
  deadline: Deadline;
}

export interface WebhookDeps extends ActionDeps {
  catalog: PartnerCatalog;
  credentials: Pick<CredentialStore, 'valid' | 'forget' | 'used'>;
  redis: Redis;
  deliveries: Pick<Deliveries, 'write'>;
  clock: Clock;
  random: Random;
  /** Default: all protocols. */
  protocols?: readonly AnyProtocol[];
}

const MAX_BODY_BYTES = 256 * 1024;
/** Longest wait for a transfer, milliseconds: partners give up after 10 s. */
const EFFECT_TIMEOUT_MS = 8_000;
/** Reserved for the delivery's record and the answer, milliseconds. */
const RECORD_MS = 2_000;
/** Forged requests cause the keys to be read again at most this often, milliseconds. */
const RELOAD_KEYS_MS = 5_000;

/** The service a request is for, and its protocol. */
interface Recipient {
  service: PartnerService;
  services: readonly PartnerService[];
  webhook: WebhookSettings;
  protocol: AnyProtocol;
}

/** Never rejects: the sender always gets an answer in its protocol. */
export async function receive(request: WebhookRequest, deps: WebhookDeps): Promise<WebhookReply> {
  const { clock, random, deliveries } = deps;
  const { requestId, sourceIp, action } = request;
  const startedAt = clock.now();
  const id = random.id(startedAt);
  const facts: DeliveryFacts = { action };
  let recipient: Recipient | undefined;
  let outcome: Outcome;
  let cause: unknown;
  try {
    recipient = await recipientOf(request, deps);
    refuseSwitchedOff(recipient.service);
    const effectBy = { at: Math.min(request.deadline.at - RECORD_MS, startedAt + EFFECT_TIMEOUT_MS) };
    outcome = await serve(recipient, request, { facts, id }, effectBy, deps);
  } catch (error) {
    outcome = refusalOf(error);
    cause = error;
  }
  const reply = replyTo(outcome, recipient);
  // An unknown recipient leaves no record: there is no service to file it under.
  if (recipient && (await isKept(recipient, facts, outcome, startedAt, deps))) {
    const record = recordOf(facts, outcome, {
      id,
      at: new Date(startedAt).toISOString(),
      service: recipient.service.definition.code,
      source: sourceIp,
      status: reply.status,
      durationMs: clock.now() - startedAt,
      requestId,
    });
    await deliveries.write(record);
  }
  // A failure on our side: the partner did nothing wrong, and a person has to hear of it.
  return isOurs(outcome) ? { ...reply, cause } : reply;
}

/** Whatever its status: a partner may insist on 200 for all answers. */
const isOurs = (outcome: Outcome): boolean =>
  outcome instanceof WebhookRefused && statusOf(outcome.code) >= 500;

/** What the partner has sent is kept, whatever came of it; of what anybody can send, samples are. */
async function isKept(
  { service }: Recipient,
  { keyVersionId }: DeliveryFacts,
  outcome: Outcome,
  at: number,
  { redis }: WebhookDeps,
): Promise<boolean> {
  if (keyVersionId !== undefined || !(outcome instanceof WebhookRefused)) return true;
  const { code, internalCause } = outcome;
  const cause = code === 'WEBHOOK_REJECTED' ? (internalCause ?? code) : code;
  return countUnverified(redis, { service: service.definition.code, cause, at });
}

function replyTo(outcome: Outcome, recipient: Recipient | undefined): WebhookReply {
  const replies = recipient ? repliesOf(recipient) : jsonReplies;
  if (!(outcome instanceof WebhookRefused)) return replies.success(outcome.dataText, outcome);
  return replies.refusal(outcome, { reveal: recipient?.service.definition.status === 'TESTING' });
}

function repliesOf({ protocol, webhook: { reply }, service }: Recipient): Replies {
  const { settings } = service.definition;
  return hasActions(protocol) ? protocol.reply : reply ? shapedReplies(reply, settings) : jsonReplies;
}

async function recipientOf(
  { path }: WebhookRequest,
  { catalog, protocols = PROTOCOLS }: WebhookDeps,
): Promise<Recipient> {
  const services = await catalog.list();
  const service = services.find(({ definition }) => definition.webhook?.path === path);
  const webhook = service?.definition.webhook;
  if (!service || !webhook) throw new WebhookRefused('NOT_FOUND', 'Webhook not found.');
  const protocol = protocolOf(webhook.protocol, protocols);
  if (!protocol) throw new WebhookRefused('CONFIGURATION_ERROR', 'This service is not configured correctly.');
  return { service, services, webhook, protocol };
}

function refuseSwitchedOff({ definition }: PartnerService): void {
  if (!isSwitchedOff(definition.status)) return;
  throw new WebhookRefused('SERVICE_UNAVAILABLE', 'This service is switched off.', { retryAfterSeconds: 60 });
}

/** Verifies the request and performs its action, unless its time is over. */
async function serve(
  recipient: Recipient,
  request: WebhookRequest,
  { facts, id }: { facts: DeliveryFacts; id: string },
  deadline: Deadline,
  deps: WebhookDeps,
): Promise<ActionResult> {
  const { service, services } = recipient;
  const event = await withDeadline(deadline, deps.clock, verifyRequest(recipient, request, facts, deps));
  const { does, payload, sentAt } = event;
  if (!does) throw new WebhookRefused('NOT_FOUND', 'Action not found.');
  const work = perform(
    does,
    isObject(payload) ? payload : {},
    { service, services, sentAt, deadline, deliveryId: id },
    deps,
  );
  return withDeadline(deadline, deps.clock, work);
}

/** Size, shape, rate, signature, payload: cheap checks come before expensive ones. */
async function verifyRequest(
  recipient: Recipient,
  request: WebhookRequest,
  facts: DeliveryFacts,
  { redis, credentials, clock }: WebhookDeps,
): Promise<WantedEvent & { sentAt: number | undefined }> {
  const { service, webhook, protocol } = recipient;
  const { code, settings } = service.definition;
  if (request.body.length > MAX_BODY_BYTES) {
    throw new WebhookRefused('PAYLOAD_TOO_LARGE', 'The body is larger than 256 KB.');
  }
  if (!hasActions(protocol)) refuseUnknownPath(request, webhook);
  const message = protocol.read(request, webhook.protocol);
  await enforceRateLimit(redis, { service: code, source: request.sourceIp, rule: webhook.rateLimit });

  const verified = await withValidCredentials(
    code,
    { credentials, clock },
    (versions) => {
      facts.secrets = versions.flatMap(({ values }) => Object.values(values));
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const proof = { code, versions, nowSeconds, windowSeconds: webhook.windowSeconds, settings };
      return protocol.verify(message, proof, webhook.protocol);
    },
    RELOAD_KEYS_MS,
  );
  credentials.used(code, verified.keyVersionId);
  facts.keyVersionId = verified.keyVersionId;
  const payload = verified.payload ?? payloadOf(request);
  facts.payload = payload;

  const event = wantedBy(recipient, request, { ...verified, payload });
  facts.action = event.action;
  if (event.transactionId !== undefined) facts.transactionId = event.transactionId;
  return { ...event, sentAt: verified.sentAt };
}

async function enforceRateLimit(redis: Redis, source: Parameters<typeof countRequest>[1]): Promise<void> {
  const { allowed, retryAfterSeconds } = await countRequest(redis, source);
  if (!allowed) throw new WebhookRefused('RATE_LIMITED', 'Too many requests.', { retryAfterSeconds });
}

/**
 * A sender must not wait for a store that hangs. What was started may still take effect: the answer asks to send it
 * again, and the next delivery learns the outcome.
 */
async function withDeadline<T>(deadline: Deadline, clock: Clock, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new GatewayError('STORE_UNAVAILABLE', 'The stores did not answer in time.', {
      retryAfterSeconds: 5,
    });
    timer = setTimeout(() => reject(error), remaining(deadline, clock));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
