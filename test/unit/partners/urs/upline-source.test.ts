import { describe, expect, it } from 'vitest';
import { ursUplineSource } from '../../../../lib/partners/urs/upline-source.ts';
import type { CallOperation } from '../../../../lib/partners/urs/upline-source.ts';

const context = { requestId: 'r', caller: 'c', deadline: { at: 1 } };

/** URS that answers this, and what it was asked. */
function sourceOf(answer: unknown, stale = false) {
  const asked: Parameters<CallOperation>[] = [];
  const source = ursUplineSource('URS_2', (...call) => {
    asked.push(call);
    return Promise.resolve({ dataText: JSON.stringify(answer), stale });
  });
  return { source, asked };
}

describe.each([false, true])('what URS knows of its users, stale: %s', (stale) => {
  it('the user of a ukey', async () => {
    const { source, asked } = sourceOf({ userId: 7, nickname: 'n' }, stale);
    expect(await source.userInfo('key', context)).toEqual({ uid: 7, nickname: 'n', stale });
    expect(asked).toEqual([
      [{ service: 'URS_2', operation: 'userInfo', params: { userKey: 'key' } }, context],
    ]);
  });

  it('how many users are below one', async () => {
    const { source, asked } = sourceOf({ count: 12 }, stale);
    expect(await source.levelCount(7, 3, context)).toEqual({ count: 12, stale });
    expect(asked).toEqual([
      [{ service: 'URS_2', operation: 'userLevelCount', params: { userId: 7, level: 3 } }, context],
    ]);
  });
});

describe('the superiors of a user', () => {
  it.each([
    [undefined, false],
    [{}, false],
    [{ uncached: true }, true],
  ])('are asked for with %j, uncached: %s', async (options, uncached) => {
    const { source, asked } = sourceOf({ team: [6, 5] });
    expect(await source.userTeam(7, context, options)).toEqual({ superiors: [6, 5], nicknames: new Map() });
    expect(asked).toEqual([
      [{ service: 'URS_2', operation: 'userTeam', params: { userId: 7 }, uncached }, context],
    ]);
  });

  it('are unknown when only an older answer is at hand', async () => {
    expect(await sourceOf({ team: [6] }, true).source.userTeam(7, context)).toBeUndefined();
  });
});
