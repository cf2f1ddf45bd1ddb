/** Hands a partner's request on to the business, as it came, once. */
import { eventIdOf } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Forwarded } from './protocol.ts';
import { invalid, WebhookRefused } from './reply.ts';

export interface ForwardDeps {
  outbox: Pick<Outbox, 'record'>;
  clock: Clock;
}

/** DynamoDB keeps 400 KB in one item. A form's control characters grow to six in JSON. */
const MAX_BYTES = 380 * 1024;

/**
 * One event per service and `id`, whatever the action: the path says that, and nobody signs it.
 * @param deliveryId of the record under `/v1/admin/deliveries`.
 * @throws WebhookRefused `VALIDATION_FAILED` without an id, `PAYLOAD_TOO_LARGE`; `STORE_UNAVAILABLE`.
 */
export async function forward(
  { action, id, payload }: Forwarded,
  { service, deliveryId }: { service: string; deliveryId: string },
  { outbox, clock }: ForwardDeps,
): Promise<{ dataText: string; replayed: boolean }> {
  if (id === undefined) return invalid('id', 'is not in the request');
  const eventId = eventIdOf('webhook.forwarded', service, id);
  const dataText = JSON.stringify({ service, action, deliveryId, payload });
  if (Buffer.byteLength(dataText) > MAX_BYTES) {
    throw new WebhookRefused('PAYLOAD_TOO_LARGE', 'The payload is too large to be handed on.');
  }
  const at = new Date(clock.now()).toISOString();
  const isNew = await outbox.record({ id: eventId, type: 'webhook.forwarded', at, service, dataText });
  return { dataText: JSON.stringify({ action, eventId }), replayed: !isNew };
}
