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

  async acknowledgeAlert(request, { alertStore }) {
    return json(200, await alertStore.acknowledge(idOf(request), request.principal.id));
  },

  async listChannels(_request, { events }) {
    return json(200, { items: await events.channels.list() });
  },

  async createChannel(request, { events }) {
    const input = omitUndefined(parseBody(ChannelRequest, request));
    return json(201, await events.channels.create({ ...input, createdBy: request.principal.id }));
  },

  async deleteChannel(request, deps) {
    const id = idOf(request);
    await deps.events.channels.remove(id);
    await resolveChannelAlerts(id, deps.alerts);
    return noContent();
  },

  async testChannel(request, { events, clock, random }) {
    return json(200, await testChannel(idOf(request), request.deadline, { ...events, clock, random }));
  },
} satisfies Partial<AdminHandlers>;
