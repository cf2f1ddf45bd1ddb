/** Routes of the Lambda `admin` about alerts, and about who is told of them. */
import * as a from '../alert-schemas.ts';
import type { Route } from './route.ts';

const ALERTS = '/v1/admin/alerts';
const CHANNELS = `${ALERTS}/channels` as const;

export const ALERT_ROUTES = {
  listAlerts: {
    method: 'GET',
    path: ALERTS,
    role: 'viewer',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Alerts: those that need care first, then the newest',
    query: a.AlertsQuery,
    answer: { status: 200, schema: a.AlertList },
  },
  acknowledgeAlert: {
    method: 'POST',
    path: `${ALERTS}/{id}/acknowledge`,
    role: 'operator',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Say that you see to it: no more reminders until it is resolved',
    answer: { status: 200, schema: a.AlertView },
  },
  listChannels: {
    method: 'GET',
    path: CHANNELS,
    role: 'viewer',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Where people are told of alerts, and which of these fail; no key is shown',
    answer: { status: 200, schema: a.ChannelList },
  },
  createChannel: {
    method: 'POST',
    path: CHANNELS,
    role: 'admin',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Have alerts sent to people: to a chat robot, an SNS topic, or as Standard Webhooks',
    body: a.ChannelRequest,
    answer: { status: 201, schema: a.NewChannel },
  },
  deleteChannel: {
    method: 'DELETE',
    path: `${CHANNELS}/{id}`,
    role: 'admin',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Remove a channel, and what was not sent yet',
    answer: { status: 204 },
  },
  testChannel: {
    method: 'POST',
    path: `${CHANNELS}/{id}/test`,
    role: 'operator',
    function: 'admin',
    tag: 'Alerts',
    summary: 'Send a test message now, and see what comes of it',
    answer: { status: 200, schema: a.ChannelTest },
  },
} as const satisfies Record<string, Route>;
