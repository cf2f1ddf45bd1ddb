import { json, noContent } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import {
  EventDeliveriesQuery,
  ReplayRequest,
  SubscriptionChange,
  SubscriptionRequest,
} from '../../lib/api/subscription-schemas.ts';
import type { Delivery } from '../../lib/events/delivery.ts';
import { wake } from '../../lib/events/fan-out.ts';
import { resolveSubscriptionAlerts } from '../../lib/events/health.ts';
import { replay } from '../../lib/events/replay.ts';
import { sendTest } from '../../lib/events/test-event.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminDeps, AdminHandlers } from './handlers.ts';

const idOf = ({ params }: { params: Record<string, string> }) => params['id']!;

/** @throws `NOT_FOUND` */
const wanted = (request: { params: Record<string, string> }, { events }: AdminDeps) =>
  events.subscriptions.get(idOf(request));

export const subscriptions = {
  async createSubscription(request, { events, audited }) {
    const input = omitUndefined(parseBody(SubscriptionRequest, request));
    const create = () => events.subscriptions.create({ ...input, createdBy: request.principal.id });
    return json(201, await audited({ target: 'subscriptions', after: input }, create));
  },

  async listSubscriptions(_request, { events }) {
    return json(200, { items: await events.subscriptions.list() });
  },

  async getSubscription(request, deps) {
    return json(200, await wanted(request, deps));
  },

  async changeSubscription(request, deps) {
    const { events, alerts, audited } = deps;
    const change = omitUndefined(parseBody(SubscriptionChange, request));
    const before = await wanted(request, deps);
    const target = targetOf(request);
    const changed = await audited({ target, before, after: change }, () =>
      events.subscriptions.change(idOf(request), change),
    );
    if (change.enabled) {
      await resolveSubscriptionAlerts(changed.id, alerts);
      // Deliveries have waited.
      await wake(changed.id, events);
    }
    return json(200, changed);
  },

  async deleteSubscription(request, deps) {
    const before = await wanted(request, deps);
    const { id } = before;
    await deps.audited({ target: targetOf(request), before }, () => deps.events.subscriptions.remove(id));
    await resolveSubscriptionAlerts(id, deps.alerts);
    return noContent();
  },

  async listEventDeliveries(request, deps) {
    const { id } = await wanted(request, deps);
    const query = omitUndefined(parseQuery(EventDeliveriesQuery, request));
    const { items, ...page } = await deps.events.deliveries.search(id, query);
    return json(200, { items: items.map(deliveryView), ...page });
  },

  async testSubscription(request, { events, clock, random, audited }) {
    const { deadline } = request;
    const send = () => sendTest(idOf(request), deadline, { ...events, clock, random });
    return json(200, await audited({ target: `${targetOf(request)}/test` }, send));
  },

  async rotateSubscription(request, { events, alerts, audited }) {
    const id = idOf(request);
    const target = `${targetOf(request)}/secret`;
    const rotated = await audited({ target }, () => events.subscriptions.rotate(id));
    await resolveSubscriptionAlerts(id, alerts, 'secret');
    await wake(id, events);
    return json(200, rotated);
  },

  async replaySubscription(request, deps) {
    const { events, clock } = deps;
    const subscription = await wanted(request, deps);
    const input = omitUndefined(parseBody(ReplayRequest, request));
    const change = { target: `${targetOf(request)}/replay`, after: input };
    const done = await deps.audited(change, () =>
      replay(subscription, input, request.deadline, { ...events, clock }),
    );
    if ((done.count > 0 || done.more) && subscription.enabled) await wake(subscription.id, events);
    return json(200, done);
  },
} satisfies Partial<AdminHandlers>;

const targetOf = (request: { params: Record<string, string> }) => `subscriptions/${idOf(request)}`;

function deliveryView({ subscription: _s, order: _o, version: _v, round: _r, ...view }: Delivery) {
  return view;
}
