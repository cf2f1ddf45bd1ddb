/** Business code that is told of events: endpoints that are slow, refuse, or are away, and what they have seen. */
import { createHmac } from 'node:crypto';
import type { Transport, UpstreamRequest, UpstreamResponse } from '../../../lib/vendors/http/transport.ts';
import type { Journal } from '../journal.ts';
import { circumstance } from '../time/process.ts';
import { fateOf, travelMs } from '../weather.ts';
import type { Fate } from '../weather.ts';
import { travel } from './journey.ts';

export const secretOf = (subscriber: string): string =>
  `whsec_${Buffer.from(`the-secret-of-${subscriber}-in-simulations`).toString('base64')}`;
export const urlOf = (subscriber: string): string => `https://${subscriber}.example/events`;

/** One request, as it came. */
export interface Told {
  subscriber: string;
  /** `webhook-id` */
  id: string;
  body: string;
  isSigned: boolean;
  /** Seconds since the epoch, as it says. */
  timestamp: number;
  /** Answered with 2xx. */
  isTaken: boolean;
}

/** Then it answers: the pauses after more failures are hours. */
const MOST_REFUSALS = 3;

export class Subscribers {
  readonly #journal: Journal;
  /** Who is away until when, by true time. */
  readonly #downUntil = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  readonly #watchers: ((told: Told) => void)[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Is told of each request at the moment it arrives. */
  watch(watcher: (told: Told) => void): void {
    this.#watchers.push(watcher);
  }

  down(subscriber: string, until: number): void {
    this.#downUntil.set(subscriber, until);
  }

  readonly transport: Pick<Transport, 'send'> = {
    send: (request) => this.#send(request),
  };

  #send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { timeline, chance } = circumstance()!;
    const subscriber = new URL(request.url).host.split('.')[0]!;
    const isDown = timeline.now() < (this.#downUntil.get(subscriber) ?? 0);
    const fate = isDown ? 'lost-request' : this.#fate(subscriber, request);
    const [there, back] = [travelMs(fate, chance), travelMs(fate, chance)];
    const journey = {
      fate,
      there,
      back,
      arrives: `is told ${fate} ${request.body!.toString()}`,
      answers: `${subscriber} answers`,
      answer: () => {
        const status = fate === 'throttled' ? 429 : fate === 'internal-error' ? 500 : 204;
        this.#tell(subscriber, request, status === 204);
        return { status, headers: {}, setCookies: [], body: Buffer.alloc(0) };
      },
    };
    return travel(request, journey, this.#journal);
  }

  #fate(subscriber: string, { headers }: UpstreamRequest): Fate {
    const { network, chance } = circumstance()!;
    const fate = fateOf(network.weather.subscribers, chance);
    if (fate === 'none' || fate === 'slow') return fate;
    const which = `${subscriber} ${headers['webhook-id']}`;
    const refusals = this.#refusals.get(which) ?? 0;
    if (refusals >= MOST_REFUSALS) return 'none';
    this.#refusals.set(which, refusals + 1);
    return fate;
  }

  #tell(subscriber: string, { headers, body }: UpstreamRequest, isTaken: boolean): void {
    const text = body!.toString();
    const {
      'webhook-id': id = '',
      'webhook-timestamp': timestamp = '',
      'webhook-signature': signature = '',
    } = headers;
    const isSigned = signature.split(' ').includes(signatureOf(subscriber, `${id}.${timestamp}.${text}`));
    const told = { subscriber, id, body: text, isSigned, timestamp: Number(timestamp), isTaken };
    for (const watch of this.#watchers) watch(told);
  }
}

/** By the specification, not by the package that signs. */
function signatureOf(subscriber: string, signed: string): string {
  const key = Buffer.from(secretOf(subscriber).slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
