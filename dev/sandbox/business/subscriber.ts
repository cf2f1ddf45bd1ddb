/**
 * Business code that is told what happened: takes Standard Webhooks, checks them by the text of standardwebhooks.com, and
 * shows what it got. Independent of Gatehouse.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { json, startPeer } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';

export interface ReceivedEvent {
  id: string;
  type: string;
  timestamp: string;
  data: unknown;
  /** It came before: deliveries come at least once. */
  repeated: boolean;
}

export interface BusinessControl {
  /** The secrets that signatures are checked with; each one that was ever shown is kept. */
  knows(secret: string): void;
  /** Connections are reset. */
  down(): void;
  up(): void;
}

export interface Business {
  /** Where events go. */
  url: string;
  control: BusinessControl;
  /** What was signed rightly, oldest first. */
  received(): ReceivedEvent[];
  /** Requests whose signature did not hold. */
  refused(): number;
  stop(): Promise<void>;
}

const HOOKS = '/hooks';
const WINDOW_SECONDS = 300;
/** What is shown; older ones are forgotten. */
const MOST = 1_000;

const Change = z.strictObject({ secret: z.string().startsWith('whsec_'), down: z.boolean() }).partial();
const Event = z.object({ type: z.string(), timestamp: z.string(), data: z.unknown() });

export async function startBusiness({ port }: { port?: number | undefined } = {}): Promise<Business> {
  const secrets = new Set<string>();
  const received: ReceivedEvent[] = [];
  let refused = 0;
  let isDown = false;

  function take({ headers, body }: PeerRequest): Reply {
    const [id, at] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])];
    const isRecent = Math.abs(Date.now() / 1_000 - Number(at)) <= WINDOW_SECONDS;
    const signatures = String(headers['webhook-signature']).split(' ');
    const isOurs = [...secrets].some((secret) =>
      signatures.some((given) => holds(given, signatureOf(secret, id, at, body))),
    );
    if (!isRecent || !isOurs) {
      refused += 1;
      return json({ error: 'the signature does not hold' }, 401);
    }
    const event = Event.parse(JSON.parse(body.toString('utf8')));
    received.push({ id, ...event, repeated: received.some((known) => known.id === id) });
    received.splice(0, received.length - MOST);
    return { status: 204 };
  }

  function handle(request: PeerRequest): Reply {
    const { method, path, body } = request;
    if (path === HOOKS && method === 'POST') return take(request);
    if (path === '/__received') return json({ items: received.toReversed(), refused });
    if (path === '/__control' && method === 'POST') {
      const change = Change.safeParse(JSON.parse(body.toString('utf8')));
      if (!change.success) return json({ error: z.prettifyError(change.error) }, 422);
      const { secret, down } = change.data;
      if (secret !== undefined) secrets.add(secret);
      isDown = down ?? isDown;
      return json({ secrets: secrets.size, down: isDown });
    }
    return json({ error: 'not found' }, 404);
  }

  const peer = await startPeer({ port, handle, hangUp: (path) => isDown && path === HOOKS });
  return {
    url: `${peer.baseUrl}${HOOKS}`,
    control: {
      knows: (secret) => void secrets.add(secret),
      down: () => void (isDown = true),
      up: () => void (isDown = false),
    },
    received: () => [...received],
    refused: () => refused,
    stop: () => peer.stop(),
  };
}

function signatureOf(secret: string, id: string, at: string, body: Buffer): Buffer {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest();
}

function holds(given: string, expected: Buffer): boolean {
  const bytes = Buffer.from(given.replace(/^v1,/, ''), 'base64');
  return given.startsWith('v1,') && bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
