import { json } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { DeliveriesQuery, DeliveriesReplay, UnverifiedQuery } from '../../lib/api/delivery-schemas.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import type { AdminHandlers } from './handlers.ts';

/** Reserved for the answer, milliseconds. */
const ANSWER_MS = 1_000;
const context = ({ requestId, deadline }: ApiRequest) => ({
  requestId,
  deadline: { at: deadline.at - ANSWER_MS },
});

/** What partners have sent. */
export const deliveries = {
  async listDeliveries(request, { deliveries }) {
    return json(200, await deliveries.search(omitUndefined(parseQuery(DeliveriesQuery, request))));
  },

  async listUnverifiedRequests(request, { unverified, clock }) {
    const { to, ...range } = parseQuery(UnverifiedQuery, request);
    const until = to === undefined ? clock.now() : Date.parse(to);
    return json(200, { items: await unverified({ ...range, to: until }) });
  },

  async replayDeliveries(request, { replays }) {
    const { all: _, from, to, ...which } = parseBody(DeliveriesReplay, request);
    const range = { from: from && utc(from), to: to && utc(to) };
    return json(200, await replays.replay({ ...which, ...range, ...context(request) }));
  },

  async replayDelivery(request, { replays }) {
    const id = request.params['id'] ?? '';
    const done = await replays.replay({ deliveries: [id], ...context(request) });
    if (done.count === 0 && !done.more)
      throw new GatewayError('NOT_FOUND', 'There is no such delivery that failed through our fault.');
    return json(200, done);
  },
} satisfies Partial<AdminHandlers>;

/** As sort keys carry it. */
const utc = (time: string): string => new Date(time).toISOString();
