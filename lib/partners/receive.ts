/** Handles a webhook request (SPEC 7) of any protocol: docs/builders/partners.md. Independent of Lambda. */
import type { Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { attend, isOurs } from './attend.ts';
import type { Attended, AttendDeps, Recipient } from './attend.ts';
import type { Deliveries } from './deliveries.ts';
import { recordOf } from './delivery-record.ts';
import type { Outcome } from './delivery-record.ts';
import { hasActions } from './protocol.ts';
import type { IncomingRequest, KeptRequests } from './replay/kept-requests.ts';
import { jsonReplies, WebhookRefused } from './reply.ts';
import type { Replies, WebhookReply } from './reply.ts';
import { shapedReplies } from './shaped/replies.ts';
import { countUnverified } from './unverified.ts';

export interface WebhookRequest extends IncomingRequest {
  requestId: string;
  deadline: Deadline;
}

export interface WebhookDeps extends AttendDeps {
  deliveries: Pick<Deliveries, 'write'>;
  keptRequests: Pick<KeptRequests, 'keeping'>;
  random: Random;
}

/** Of requests that nobody has verified, so many are kept whole of one service and minute. */
const SAMPLES = 10;
/** Of those that we failed to verify: they may all be the partner's. */
const FAILED_SAMPLES = 600;
/** Of their bodies, for a replay. */
const MAX_UNVERIFIED_BYTES = 16 * 1024;

/** Never rejects: the sender always gets an answer in its protocol. */
export async function receive(request: WebhookRequest, deps: WebhookDeps): Promise<WebhookReply> {
  const { clock, random, deliveries, keptRequests } = deps;
  const { requestId, sourceIp, deadline } = request;
  const cameAt = clock.now();
  const id = random.id(cameAt);
  const attended = await attend(request, { deliveryId: id, cameAt, isReplay: false, deadline }, deps);
  const { recipient, facts, outcome, cause } = attended;
  const reply = replyTo(outcome, recipient);
  // An unknown recipient leaves no record: there is no service to file it under.
  if (recipient && (await isKept(recipient, attended, cameAt, deps))) {
    const record = recordOf(facts, outcome, {
      id,
      at: new Date(cameAt).toISOString(),
      service: recipient.service.definition.code,
      source: sourceIp,
      status: reply.status,
      durationMs: clock.now() - cameAt,
      requestId,
    });
    const keeping = isReplayable(request, attended) ? keptRequests.keeping(record, request) : undefined;
    await deliveries.write(record, keeping);
  }
  // A failure on our side: the partner did nothing wrong, and a person has to hear of it.
  return isOurs(outcome) ? { ...reply, cause } : reply;
}

/** What anybody may have sent is kept only while it is as small as partners' requests are: it is paid for by us. */
const isReplayable = ({ body }: WebhookRequest, { facts, outcome }: Attended): boolean =>
  isOurs(outcome) && (facts.keyVersionId !== undefined || body.length <= MAX_UNVERIFIED_BYTES);

/** What the partner has sent is kept, whatever came of it; of what anybody can send, samples are. */
async function isKept(
  { service }: Recipient,
  { facts: { keyVersionId }, outcome }: Attended,
  at: number,
  { redis }: WebhookDeps,
): Promise<boolean> {
  if (keyVersionId !== undefined || !(outcome instanceof WebhookRefused)) return true;
  const { code, internalCause } = outcome;
  const cause = code === 'WEBHOOK_REJECTED' ? (internalCause ?? code) : code;
  const samples = isOurs(outcome) ? FAILED_SAMPLES : SAMPLES;
  return countUnverified(redis, { service: service.definition.code, cause, at, samples });
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
