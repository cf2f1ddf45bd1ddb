/** What the command line does with a replay that takes more than one request. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';

let api: Peer;
beforeAll(async () => {
  api = await startPeer();
  api.answer(({ body }, response) => {
    const { cursor } = JSON.parse(body.toString('utf8')) as { cursor?: string };
    const answers: Record<string, object> = {
      '': { count: 5_000, more: true, cursor: 'one' },
      one: { count: 0, more: true, cursor: 'two' },
      two: { count: 1 },
    };
    sendJson(response, answers[cursor ?? '']);
  });
});
afterAll(() => api.stop());

const run = async (...args: string[]) => {
  const before = api.seen.length;
  const ran = await runGatehouse(['subscriptions', 'replay', 'S1', ...args], {
    GATEHOUSE_URL: api.url,
    GATEHOUSE_KEY: 'gh_test',
  });
  const bodies = api.seen.slice(before).map(({ body }) => JSON.parse(body.toString('utf8')) as object);
  return { ...ran, bodies };
};

it('follows "more" to the end, with the same choice, and says how far it is', async () => {
  const since = '2026-11-21T00:00:00Z';
  const { code, out, err, bodies } = await run('--since', since);
  expect([code, out]).toEqual([0, '5001 events will be sent again.\n']);
  expect(err.split('\n').slice(0, 2)).toEqual([
    'note: 5000 so far; broken off here, it goes on by --cursor one',
    'note: 5000 so far; broken off here, it goes on by --cursor two',
  ]);
  expect(bodies).toEqual([{ since }, { since, cursor: 'one' }, { since, cursor: 'two' }]);
});

it('goes on by a cursor', async () => {
  const { out, bodies } = await run('--failed', '--cursor', 'two', '--json');
  expect(JSON.parse(out)).toEqual({ count: 1 });
  expect(bodies).toEqual([{ failed: true, cursor: 'two' }]);
});
