/** Does webhook requests again that failed through our own fault, when a person asks for it: docs/builders/replay.md. */
import type { Deadline } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { attend } from '../attend.ts';
import type { AttendDeps } from '../attend.ts';
import type { Deliveries, Delivery } from '../deliveries.ts';
import { recordOf } from '../delivery-record.ts';
import { statusOf, WebhookRefused } from '../reply.ts';
import type { KeptRequests, WaitingFilter } from './kept-requests.ts';

/** Some, by the ids of their records; or all that a filter finds. */
export interface ReplayInput extends WaitingFilter {
  deliveries?: readonly string[] | undefined;
  service?: string | undefined;
  /** Count, and do nothing. */
  dryRun?: boolean | undefined;
  requestId: string;
  deadline: Deadline;
}

export interface Replayed {
  /** How many there are, of those asked for. */
  count: number;
  /** How many of them wait no longer. */
  replayed: number;
  /** How often each verdict came. */
  verdicts: Partial<Record<Delivery['verdict'], number>>;
  /** Time ran out: ask again for the rest. */
  more: boolean;
}

export interface Replays {
  /** One after the other, the oldest first: a withdrawal finds the deposit before it. */
  replay(input: ReplayInput): Promise<Replayed>;
}

export interface ReplaysOptions extends AttendDeps {
  keptRequests: KeptRequests;
  deliveries: Pick<Deliveries, 'write'>;
  random: Random;
  /** Codes of the services with a webhook. */
  services: () => Promise<string[]>;
}

/** Reserved for one that is begun last, milliseconds. */
const ONE_MS = 4_000;

export function createReplays(deps: ReplaysOptions): Replays {
  const { keptRequests, clock } = deps;

  async function* idsOf({ deliveries, service, ...filter }: ReplayInput): AsyncGenerator<string> {
    if (deliveries) {
      yield* deliveries;
      return;
    }
    const services = service === undefined ? await deps.services() : [service];
    for await (const { deliveryId } of keptRequests.waiting(services, filter)) yield deliveryId;
  }

  return {
    async replay(input) {
      const { dryRun, deadline, requestId } = input;
      const answer: Replayed = { count: 0, replayed: 0, verdicts: {}, more: false };
      for await (const id of idsOf(input)) {
        if (clock.now() >= deadline.at - ONE_MS) return { ...answer, more: true };
        if (dryRun && !input.deliveries) {
          answer.count += 1;
          continue;
        }
        const kept = await keptRequests.open(id);
        if (!kept) continue;
        answer.count += 1;
        if (dryRun) continue;
        const verdict = await replayOne(id, kept, { requestId, deadline }, deps);
        answer.verdicts[verdict] = (answer.verdicts[verdict] ?? 0) + 1;
        if (verdict !== 'failed') answer.replayed += 1;
      }
      return answer;
    },
  };
}

async function replayOne(
  replayOf: string,
  { at, request }: NonNullable<Awaited<ReturnType<KeptRequests['open']>>>,
  { requestId, deadline }: Pick<ReplayInput, 'requestId' | 'deadline'>,
  deps: ReplaysOptions,
): Promise<Delivery['verdict']> {
  const { clock, random, deliveries, keptRequests } = deps;
  const startedAt = clock.now();
  const id = random.id(startedAt);
  const occasion = { deliveryId: id, cameAt: Date.parse(at), isReplay: true, deadline };
  const { recipient, facts, outcome } = await attend(request, occasion, deps);
  // No service has this path any more: there is nobody to file it under.
  if (!recipient) return 'failed';
  const record = recordOf(facts, outcome, {
    id,
    at: new Date(startedAt).toISOString(),
    service: recipient.service.definition.code,
    source: request.sourceIp,
    status: outcome instanceof WebhookRefused ? statusOf(outcome.code) : 200,
    durationMs: clock.now() - startedAt,
    requestId,
    replayOf,
  });
  await deliveries.write(record);
  // Whatever the answer is, there is one now.
  if (record.verdict !== 'failed') await keptRequests.done(replayOf);
  return record.verdict;
}
