/** Does what a webhook request asks for, whenever it came: verified, understood, carried out within its time. */
import type { CredentialStore } from '../access/credentials/credentials.ts';
import { isSwitchedOff } from '../definition/service.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Redis } from '../vendors/redis/redis.ts';
import { perform } from './actions.ts';
import type { ActionDeps, ActionResult } from './actions.ts';
import { payloadOf } from './body.ts';
import { protocolOf } from './definition.ts';
import type { PartnerCatalog, PartnerService, WebhookSettings } from './definition.ts';
import type { DeliveryFacts, Outcome } from './delivery-record.ts';
import { refuseUnknownPath } from './mapped/event.ts';
import { isObject } from './payload.ts';
import { hasActions } from './protocol.ts';
import type { AnyProtocol } from './protocol.ts';
import { PROTOCOLS } from './protocols.ts';
import { countRequest } from './rate-limit.ts';
import { refusalOf } from './refusal.ts';
import type { IncomingRequest } from './replay/kept-requests.ts';
import { statusOf, WebhookRefused } from './reply.ts';
import { withValidCredentials } from './valid-credentials.ts';
import { wantedBy } from './wanted-event.ts';
import type { WantedEvent } from './wanted-event.ts';

export interface AttendDeps extends ActionDeps {
  catalog: PartnerCatalog;
  credentials: Pick<CredentialStore, 'valid' | 'forget' | 'used'>;
  redis: Redis;
  clock: Clock;
  /** Default: all protocols. */
  protocols?: readonly AnyProtocol[];
}

/** One time that a request is attended to. */
export interface Occasion {
  /** Of the record of this time. */
  deliveryId: string;
  /** When the request came, milliseconds since the epoch: its signature is judged by that. */
  cameAt: number;
  /** A person has asked for it: it counts for no rate limit. */
  isReplay: boolean;
  deadline: Deadline;
}

/** The service a request is for, and its protocol. */
export interface Recipient {
  service: PartnerService;
  services: readonly PartnerService[];
  webhook: WebhookSettings;
  protocol: AnyProtocol;
}

export interface Attended {
  /** Absent: nobody has this path. */
  recipient?: Recipient | undefined;
  facts: DeliveryFacts;
  outcome: Outcome;
  /** The error behind a refusal. */
  cause?: unknown;
}

const MAX_BODY_BYTES = 256 * 1024;
/** Longest wait for a transfer, milliseconds: partners give up after 10 s. */
const EFFECT_TIMEOUT_MS = 8_000;
/** Reserved for the delivery's record and the answer, milliseconds. */
const RECORD_MS = 2_000;
/** Forged requests cause the keys to be read again at most this often, milliseconds. */
const RELOAD_KEYS_MS = 5_000;

/** Never rejects. */
export async function attend(
  request: IncomingRequest,
  occasion: Occasion,
  deps: AttendDeps,
): Promise<Attended> {
  const facts: DeliveryFacts = { action: request.action };
  const effectBy = Math.min(occasion.deadline.at - RECORD_MS, deps.clock.now() + EFFECT_TIMEOUT_MS);
  const bounded = { ...occasion, deadline: { at: effectBy } };
  let recipient: Recipient | undefined;
  try {
    recipient = await recipientOf(request, deps);
    return { recipient, facts, outcome: await serve(recipient, request, facts, bounded, deps) };
  } catch (cause) {
    return { recipient, facts, outcome: refusalOf(cause), cause };
  }
}

/** It failed on our side, whatever status the sender gets: a partner may insist on 200 for all answers. */
export const isOurs = (outcome: Outcome): boolean =>
  outcome instanceof WebhookRefused && statusOf(outcome.code) >= 500;

async function recipientOf(
  { path }: IncomingRequest,
  { catalog, protocols = PROTOCOLS }: AttendDeps,
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
  request: IncomingRequest,
  facts: DeliveryFacts,
  occasion: Occasion,
  deps: AttendDeps,
): Promise<ActionResult> {
  const { service, services } = recipient;
  const { clock } = deps;
  const { deadline, deliveryId } = occasion;
  const verifying = verifyRequest(recipient, request, facts, occasion, deps);
  const event = await withDeadline(deadline, clock, verifying);
  // Only now: what is kept for later, and said of us, is for the partner alone.
  refuseSwitchedOff(service);
  const { does, payload, sentAt } = event;
  if (!does) throw new WebhookRefused('NOT_FOUND', 'Action not found.');
  const work = perform(
    does,
    isObject(payload) ? payload : {},
    { service, services, sentAt, deadline, deliveryId },
    deps,
  );
  return withDeadline(deadline, clock, work);
}

/** Size, shape, rate, signature, payload: cheap checks come before expensive ones. */
async function verifyRequest(
  recipient: Recipient,
  request: IncomingRequest,
  facts: DeliveryFacts,
  { cameAt, isReplay }: Occasion,
  { redis, credentials, clock }: AttendDeps,
): Promise<WantedEvent & { sentAt: number | undefined }> {
  const { service, webhook, protocol } = recipient;
  const { code, settings } = service.definition;
  if (request.body.length > MAX_BODY_BYTES) {
    throw new WebhookRefused('PAYLOAD_TOO_LARGE', 'The body is larger than 256 KB.');
  }
  if (!hasActions(protocol)) refuseUnknownPath(request, webhook);
  const message = protocol.read(request, webhook.protocol);
  const source = { service: code, source: request.sourceIp, rule: webhook.rateLimit };
  if (!isReplay) await enforceRateLimit(redis, source);

  const verified = await withValidCredentials(
    code,
    { credentials, clock },
    (versions) => {
      facts.secrets = versions.flatMap(({ values }) => Object.values(values));
      const nowSeconds = Math.floor(cameAt / 1_000);
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
