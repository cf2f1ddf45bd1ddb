/** Routes of the Lambda `admin` about who in the business is told of what. */
import * as e from '../subscription-schemas.ts';
import type { Route } from './route.ts';

const ADMIN = '/v1/admin';
const SUBSCRIPTION = `${ADMIN}/subscriptions/{id}` as const;

export const SUBSCRIPTION_ROUTES = {
  listSubscriptions: {
    method: 'GET',
    path: `${ADMIN}/subscriptions`,
    role: 'viewer',
    function: 'admin',
    tag: 'Events',
    summary: 'Who in the business is told of what; no secret is shown',
    answer: { status: 200, schema: e.SubscriptionList },
  },
  createSubscription: {
    method: 'POST',
    path: `${ADMIN}/subscriptions`,
    role: 'admin',
    function: 'admin',
    tag: 'Events',
    summary: 'Have events sent to an address, as Standard Webhooks; the secret is shown only once',
    body: e.SubscriptionRequest,
    answer: { status: 201, schema: e.NewSubscription },
  },
  getSubscription: {
    method: 'GET',
    path: SUBSCRIPTION,
    role: 'viewer',
    function: 'admin',
    tag: 'Events',
    summary: 'One subscription',
    answer: { status: 200, schema: e.SubscriptionView },
  },
  changeSubscription: {
    method: 'PATCH',
    path: SUBSCRIPTION,
    role: 'admin',
    function: 'admin',
    tag: 'Events',
    summary: 'Change a subscription; while it is disabled, its deliveries wait',
    body: e.SubscriptionChange,
    answer: { status: 200, schema: e.SubscriptionView },
  },
  deleteSubscription: {
    method: 'DELETE',
    path: SUBSCRIPTION,
    role: 'admin',
    function: 'admin',
    tag: 'Events',
    summary: 'Remove a subscription, and what was not delivered yet',
    answer: { status: 204 },
  },
  listEventDeliveries: {
    method: 'GET',
    path: `${SUBSCRIPTION}/deliveries`,
    role: 'viewer',
    function: 'admin',
    tag: 'Events',
    summary: 'What was sent to a subscription, or is to be sent, by the time of the event, newest first',
    query: e.EventDeliveriesQuery,
    answer: { status: 200, schema: e.EventDeliveryList },
  },
  testSubscription: {
    method: 'POST',
    path: `${SUBSCRIPTION}/test`,
    role: 'operator',
    function: 'admin',
    tag: 'Events',
    summary: 'Send a test event now, and see what comes of it',
    answer: { status: 200, schema: e.SubscriptionTest },
  },
  rotateSubscription: {
    method: 'POST',
    path: `${SUBSCRIPTION}/rotate`,
    role: 'admin',
    function: 'admin',
    tag: 'Events',
    summary: 'A new secret; the one before signs, too, for 24 hours',
    answer: { status: 200, schema: e.RotatedSecret },
  },
  replaySubscription: {
    method: 'POST',
    path: `${SUBSCRIPTION}/replay`,
    role: 'operator',
    function: 'admin',
    tag: 'Events',
    summary: 'Send again: what failed, some deliveries, or everything since a time',
    body: e.ReplayRequest,
    answer: { status: 200, schema: e.ReplayAnswer },
  },
} as const satisfies Record<string, Route>;
