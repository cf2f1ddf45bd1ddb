import { json } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { parseBody, parseQuery } from '../../lib/api/input.ts';
import { DeliveriesQuery, DeliveriesReplay, UnverifiedQuery } from '../../lib/api/delivery-schemas.ts';
import { utc } from '../../lib/api/times.ts';
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

  async replayDeliveries(request, { replays, audited }) {
    const { all: _, from, to, ...which } = parseBody(DeliveriesReplay, request);
    const range = { from: from && utc(from), to: to && utc(to) };
    const replay = () => replays.replay({ ...which, ...range, ...context(request) });
    if (which.dryRun) return json(200, await replay());
    return json(200, await audited({ target: 'deliveries/replay', after: { ...which, ...range } }, replay));
  },

  async replayDelivery(request, { replays, audited }) {
    const id = request.params['id'] ?? '';
    const replay = async () => {
      const done = await replays.replay({ deliveries: [id], ...context(request) });
      if (done.count > 0 || done.more) return done;
      throw new GatewayError('NOT_FOUND', 'There is no such delivery that failed through our fault.');
    };
    return json(200, await audited({ target: `deliveries/${id}/replay` }, replay));
  },
} satisfies Partial<AdminHandlers>;
