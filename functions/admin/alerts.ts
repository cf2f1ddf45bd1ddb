import { AlertsQuery, ChannelRequest } from '../../lib/api/alert-schemas.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { json, noContent } from '../../lib/api/message.ts';
import { resolveChannelAlerts } from '../../lib/events/channels/channel-outlets.ts';
import { testChannel } from '../../lib/events/channels/test-channel.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

const idOf = ({ params }: { params: Record<string, string> }) => params['id']!;

export const alerts = {
  async listAlerts(request, { alertStore }) {
    return json(200, await alertStore.list(omitUndefined(parseQuery(AlertsQuery, request))));
  },

  async acknowledgeAlert(request, { alertStore, audited }) {
    const id = idOf(request);
    const acknowledge = () => alertStore.acknowledge(id, request.principal.id);
    return json(200, await audited({ target: `alerts/${id}` }, acknowledge));
  },

  async listChannels(_request, { events }) {
    return json(200, { items: await events.channels.list() });
  },

  async createChannel(request, { events, audited }) {
    const input = omitUndefined(parseBody(ChannelRequest, request));
    // The address of a chat robot holds its key.
    const { url: _url, secret: _secret, ...after } = input;
    const create = () => events.channels.create({ ...input, createdBy: request.principal.id });
    const change = { target: `alerts/channels/${input.name}`, after };
    return json(201, await audited(change, create));
  },

  async deleteChannel(request, deps) {
    const id = idOf(request);
    const before = (await deps.events.channels.list()).find((channel) => channel.id === id);
    await deps.audited({ target: `alerts/channels/${id}`, before }, () => deps.events.channels.remove(id));
    await resolveChannelAlerts(id, deps.alerts);
    return noContent();
  },

  async testChannel(request, { events, clock, random, audited }) {
    const id = idOf(request);
    const send = () => testChannel(id, request.deadline, { ...events, clock, random });
    return json(200, await audited({ target: `alerts/channels/${id}/test` }, send));
  },
} satisfies Partial<AdminHandlers>;
