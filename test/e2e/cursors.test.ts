import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
beforeAll(async () => {
  [gatehouse, peer] = await Promise.all([
    startGatehouse(),
    startPeer((_request, response) => sendJson(response, {})),
  ]);
});
afterAll(() => Promise.all([gatehouse.stop(), peer.stop()]));

it('a list goes on where its cursor says; a changed cursor, and that of another list, is refused', async () => {
  await gatehouse.register({
    code: 'PAGED',
    name: 'PAGED',
    baseUrl: peer.url,
    allowedPaths: ['/*'],
    auth: { type: 'NONE' },
  });
  for (const path of ['a', 'b', 'c']) await gatehouse.ask('GET', `/v1/services/PAGED/proxy/${path}`);
  const list = (query: string) => gatehouse.ask('GET', `/v1/admin/calls?service=PAGED&limit=1${query}`);

  const seen: string[] = [];
  let cursor = '';
  while (seen.length < 3) {
    const page = await list(cursor === '' ? '' : `&cursor=${cursor}`);
    seen.push(page.at('items.0.path'));
    cursor = page.at<string | undefined>('cursor') ?? '';
  }
  expect(seen).toEqual(['/c', '/b', '/a']);

  const first = (await list('')).at<string>('cursor');
  const changed = (first.startsWith('A') ? 'B' : 'A') + first.slice(1);
  const refused = [await list(`&cursor=${changed}`)];
  refused.push(await gatehouse.ask('GET', `/v1/admin/deliveries?service=PAGED&cursor=${first}`));
  refused.push(await gatehouse.ask('GET', `/v1/admin/alerts?cursor=${first}`));
  expect(refused.map((answer) => [answer.status, answer.at('errors.0.field')])).toEqual(
    refused.map(() => [422, 'cursor']),
  );
});
