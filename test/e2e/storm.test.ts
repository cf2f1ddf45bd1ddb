import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BAD_DAY, partOf } from '../faults/faults.ts';
import { storm } from '../storm.ts';

const MOVEMENTS = 2_000;
/** Accounts are funded by one deposit each. */
const FUNDED = 100;
const DOWN_UNTIL = 400;

test('L10 a storm of 2,000 queued movements, 30 % of them sent twice, on a bad wire, killed three times: each settles once, and is told', async () => {
  const business = await startBusiness();
  try {
    const report = await storm({
      seed: 7,
      movements: MOVEMENTS,
      duplicates: 0.3,
      kills: 3,
      faults: partOf(BAD_DAY, 0.4),
      onReady: async (product) => {
        const subscription = { url: business.url, events: ['transfer.settled'] };
        const made = await product.send<{ secret: string }>('POST', '/v1/admin/subscriptions', subscription);
        business.secret = made.secret;
      },
      onSettled: () => business.knowsAll(),
    });
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ kills: 3, settled: MOVEMENTS });
    expect(report.deliveries).toBeGreaterThan(2_500);
    expect(business.forged).toBe(0);
    expect(business.refusals).toBeGreaterThan(0);
    expect(business.known.size).toBe(MOVEMENTS + FUNDED);
  } finally {
    business.stop();
  }
}, 420_000);

/** A subscriber that is down at first: it refuses what comes until so many have come. It checks signatures by itself. */
async function startBusiness() {
  const known = new Set<string>();
  const business = {
    url: '',
    secret: '',
    known,
    forged: 0,
    refusals: 0,
    knowsAll,
    stop: () => server.close(),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      if (business.refusals < DOWN_UNTIL) {
        business.refusals += 1;
        response.writeHead(503).end();
        return;
      }
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given } = request.headers;
      const key = Buffer.from(business.secret.slice('whsec_'.length), 'base64');
      const signature = createHmac('sha256', key)
        .update(`${String(id)}.${String(at)}.${body}`)
        .digest('base64');
      if (given !== `v1,${signature}`) business.forged += 1;
      const { data } = JSON.parse(body) as { data: { transactionId: string } };
      known.add(data.transactionId);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  business.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;

  /** What failed is sent again after 5 and 30 s; what a killed process left is taken up within two minutes. */
  async function knowsAll(): Promise<void> {
    for (let looks = 0; looks < 200 && known.size < MOVEMENTS + FUNDED; looks++) await wait(1_000);
  }
  return business;
}
