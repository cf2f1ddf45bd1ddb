import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startGatehouse } from './gatehouse.ts';
import type { Gatehouse } from './gatehouse.ts';
import { sendJson, startPeer } from './peer.ts';
import type { Peer } from './peer.ts';

/**
 * The whole product and a third party over real HTTP, for all tests of a file: call it at the top. Each test begins with
 * a peer that has seen nothing and answers `{"ok":true}`.
 */
export function withPeer(started: (both: { gatehouse: Gatehouse; peer: Peer }) => void): void {
  let gatehouse: Gatehouse;
  let peer: Peer;
  beforeAll(async () => {
    [gatehouse, peer] = await Promise.all([startGatehouse(), startPeer()]);
    started({ gatehouse, peer });
  });
  afterAll(() => Promise.all([gatehouse.stop(), peer.stop()]));
  beforeEach(() => {
    peer.seen.length = 0;
    peer.answer((_request, response) => sendJson(response, { ok: true }));
  });
}
