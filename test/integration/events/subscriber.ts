/** A subscriber over real HTTP, which checks what it gets by the text of standardwebhooks.com: none of our code. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Seen } from '../../peer.ts';
import { startPeer } from '../../peer.ts';

export interface Received {
  id: string;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
  raw: string;
  /** Signatures in the header that hold. */
  valid: number;
}

/** @returns how many of the header's signatures this secret made. */
export function verify(secret: string, { headers, body }: Pick<Seen, 'headers' | 'body'>): number {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = headers;
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(at)}.`)
    .update(body)
    .digest();
  return String(signatures)
    .split(' ')
    .filter((signature) => {
      const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
      return signature.startsWith('v1,') && given.length === 32 && timingSafeEqual(given, expected);
    }).length;
}

export async function startSubscriber() {
  const peer = await startPeer();
  let answer = (_seen: Received): number | 'hang' | { status: number; headers: Record<string, string> } =>
    204;
  const all: Received[] = [];
  let secret = '';
  peer.answer((request, response) => {
    const body = JSON.parse(request.body.toString('utf8')) as Received;
    const seen = {
      ...body,
      id: String(request.headers['webhook-id']),
      raw: request.body.toString('utf8'),
      valid: secret === '' ? 0 : verify(secret, request),
    };
    all.push(seen);
    const what = answer(seen);
    if (what === 'hang') return;
    const { status, headers } = typeof what === 'number' ? { status: what, headers: {} } : what;
    response.writeHead(status, headers).end();
  });
  return {
    url: `${peer.url}/hooks`,
    requests: peer.seen,
    all,
    /** Events by what they were about, in the order in which they came. */
    transactions: () => all.map(({ data }) => String(data['transactionId'])),
    knows: (known: string) => void (secret = known),
    answer: (next: typeof answer) => void (answer = next),
    stop: () => peer.stop(),
  };
}
export type Subscriber = Awaited<ReturnType<typeof startSubscriber>>;
