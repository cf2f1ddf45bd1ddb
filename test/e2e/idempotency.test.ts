import { describe, expect, it } from 'vitest';
import { documents } from '../../functions/wiring/dynamodb.ts';
import { resourceNames } from '../../functions/wiring/environment.ts';
import { recordKey } from '../../lib/calls/idempotency/claim-state.ts';
import { numberOf } from '../../lib/vendors/dynamodb/documents.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const operations = { create: { method: 'POST', path: '/things', body: 'json' } };
const noRetries = { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } };

async function service(parts: Record<string, unknown> = {}): Promise<string> {
  const code = `KEYED_${++count}`;
  await gatehouse.register({
    code,
    name: 'A peer',
    baseUrl: peer.url,
    auth: { type: 'NONE' },
    retry: noRetries,
    ...parts,
  });
  return code;
}

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

/** When the record of the local key's call ends, milliseconds from now; `undefined`: the key is free. */
async function keptFor(code: string, key: string): Promise<number | undefined> {
  const { idempotency } = resourceNames().tables;
  const pk = recordKey(`local|${code}`, key);
  const record = await documents().get(idempotency, { pk }, { consistent: true });
  return record && numberOf(record['expiresAt']) * 1_000 - Date.now();
}

describe('Idempotency-Key', () => {
  /** Answers the nth request with the nth of these, the last one ever after; `reset` breaks the connection. */
  const answersInTurn = (...answers: (number | 'reset')[]) => {
    let times = 0;
    peer.answer((_request, response) => {
      const answer = answers[Math.min(times++, answers.length - 1)]!;
      if (answer === 'reset') response.destroy();
      else sendJson(response, { times }, answer);
    });
  };

  it.each([
    ['5xx', 500],
    ['a connection that broke', 'reset'],
  ] as const)(
    'keeps the first answer for a day when that was %s: nobody knows what was done (R14)',
    async (_what, failure) => {
      const code = await service({ operations });
      answersInTurn(failure, 200);
      const first = await gatehouse.call(code, 'create', {}, keyed('r14'));
      expect([first.status, first.at('code'), first.at('retryable')]).toEqual([
        503,
        'PLATFORM_UNAVAILABLE',
        false,
      ]);
      expect(first.headers.get('retry-after')).toBeNull();
      expect(await keptFor(code, 'r14')).toBeGreaterThan(23 * 3_600_000);
      const again = await gatehouse.call(code, 'create', {}, keyed('r14'));
      expect([again.status, again.text]).toEqual([503, first.text]);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(peer.seen).toHaveLength(1);
    },
  );

  it("keeps a platform's 5xx on the raw proxy as it came (R14)", async () => {
    const code = await service({ allowedPaths: ['/*'] });
    answersInTurn(502, 200);
    const path = `/v1/services/${code}/proxy/orders`;
    const answers = [
      await gatehouse.ask('POST', path, { body: { a: 1 }, ...keyed('raw') }),
      await gatehouse.ask('POST', path, { body: { a: 1 }, ...keyed('raw') }),
    ];
    for (const { status, text } of answers) expect([status, text]).toEqual([502, '{"times":1}']);
    expect(peer.seen).toHaveLength(1);
  });

  it('frees the key only when no try at all reached the platform (R14)', async () => {
    const gone = await startPeer();
    const code = await service({
      operations,
      baseUrl: gone.url,
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 1, delaysSeconds: [0] } },
    });
    // The first try has its 500; when the second one sets out, nobody listens any more.
    gone.answer((_request, response) => {
      response.once('finish', () => void gone.stop());
      sendJson(response, {}, 500);
    });
    const first = await gatehouse.call(code, 'create', {}, keyed('half'));
    const again = await gatehouse.call(code, 'create', {}, keyed('half'));
    expect([first.status, again.status]).toEqual([503, 503]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');

    const never = await gatehouse.call(code, 'create', {}, keyed('never-sent'));
    expect([never.status, never.at('retryable')]).toEqual([503, true]);
    expect(await keptFor(code, 'never-sent')).toBeUndefined();
  });

  it('keeps the answer of a batch, unless nothing of it was sent; its entries have keys of their own (R14)', async () => {
    const code = await service({ operations, quotas: [{ type: 'PER_DAY', limit: 1 }] });
    const entries = [
      { operation: 'create', params: { n: 1 } },
      { operation: 'create', params: { n: 2 } },
    ];
    const batch = (key: string) =>
      gatehouse.ask('POST', `/v1/services/${code}/batch`, { body: entries, ...keyed(key) });
    const first = await batch('partly');
    expect((await batch('partly')).text).toBe(first.text);
    expect(peer.seen).toHaveLength(1);
    expect(peer.seen[0]!.headers['idempotency-key']).toMatch(/^partly\.[01]$/);
    await batch('nothing');
    expect(await keptFor(code, 'nothing')).toBeUndefined();

    const open = await service({ operations });
    peer.seen.length = 0;
    await gatehouse.ask('POST', `/v1/services/${open}/batch`, { body: entries, ...keyed('both') });
    const keys = peer.seen.map(({ headers }) => String(headers['idempotency-key']));
    expect(new Set(keys)).toEqual(new Set(['both.0', 'both.1']));
  });

  it('takes another method, query or header that is passed on for another request (R16)', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    peer.answer((_request, response) => sendJson(response, {}, 201));
    const ask = (method: string, query: string, headers: Record<string, string>) =>
      gatehouse.ask(method, `/v1/services/${code}/proxy/orders${query}`, {
        body: '{"a":1}',
        headers: { 'content-type': 'application/json', ...headers, 'idempotency-key': 'r16' },
      });
    const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;
    expect(await statusOf('POST', '?a=1', { 'x-shop': 'north' })).toBe(201);
    expect(await statusOf('PUT', '?a=1', { 'x-shop': 'north' })).toBe(422);
    expect(await statusOf('POST', '?a=2', { 'x-shop': 'north' })).toBe(422);
    expect(await statusOf('POST', '?a=1', { 'x-shop': 'south' })).toBe(422);
    expect(await statusOf('POST', '?a=1', {})).toBe(422);
    expect(
      await statusOf('POST', '?a=1', {
        'x-shop': 'north',
        'content-type': 'application/x-www-form-urlencoded',
      }),
    ).toBe(422);
    const other = await ask('POST', '?a=1', { 'x-shop': 'south' });
    expect(other.at('code')).toBe('IDEMPOTENCY_MISMATCH');
    // Who traces it and which software sends it makes no other request of it.
    const retold = { traceparent: '00-1-2-01', 'user-agent': 'curl/8', 'x-b3-traceid': '7', cookie: 'a=b' };
    const again = await ask('POST', '?a=1', { 'x-shop': 'north', ...retold });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(peer.seen).toHaveLength(1);
  });

  it("does not know one caller's key by another's, nor one service's by another's (T)", async () => {
    const [code, elsewhere] = [await service({ operations }), await service({ operations })];
    const made = await gatehouse.ask('POST', '/v1/admin/keys', { body: { name: 'other', role: 'caller' } });
    const key = made.at<string>('key');
    await gatehouse.call(code, 'create', {}, keyed('shared'));
    await gatehouse.call(code, 'create', {}, { ...keyed('shared'), key });
    await gatehouse.call(elsewhere, 'create', {}, keyed('shared'));
    expect(peer.seen).toHaveLength(3);
  });
});
