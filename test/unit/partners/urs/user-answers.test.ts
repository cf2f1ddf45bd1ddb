import { describe, expect, it } from 'vitest';
import { readLevelCount, readUserInfo, readUserTeam } from '../../../../lib/partners/urs/user-answers.ts';

describe('what URS answers about users', () => {
  it.each([
    '{"userId":10002,"nickname":"n"}',
    '{"success":true,"data":{"userId":10002,"nickname":"n"}}',
    '{"code":0,"data":{"user":{"id":"10002","nick_name":"n"}}}',
    '{"data":{"user_id":10002,"nickName":"n","name":"x"}}',
  ])('userInfo %s', (text) => {
    expect(readUserInfo(text)).toEqual({ uid: 10002, nickname: 'n' });
  });

  it.each([
    'null',
    '[]',
    '{}',
    '{"success":false,"data":{"userId":1}}',
    '{"userId":0}',
    '{"userId":1.0}',
    'x',
    '',
  ])('no user in %s', (text) => {
    expect(() => readUserInfo(text)).toThrow(expect.objectContaining({ code: 'PLATFORM_API_ERROR' }));
  });

  it('E13 an id that a double would change is refused', () => {
    expect(() => readUserInfo('{"userId":9007199254740993}')).toThrow('no user id');
    expect(readUserInfo('{"userId":9007199254740991}').uid).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ['{"team":[3,2,1]}', [3, 2, 1]],
    ['{"success":true,"data":{"userId":9,"team":["3","2","1"]}}', [3, 2, 1]],
    ['{"data":[3,2,0]}', [3, 2]],
    ['{"data":{"team":[]}}', []],
    ['{"data":{"team":null}}', []],
    ['{"data":{"team":[0,0,0]}}', []],
    ['{"data":{"superiors":[3,null,null]}}', [3]],
    ['{"team":[{"level":2,"userId":2},{"level":1,"userId":3},{"level":4,"userId":7}]}', [3, 2]],
    ['{"team":[{"uid":3},{"uid":2}]}', [3, 2]],
    ['{"team":{"1":3,"2":"2","3":0}}', [3, 2]],
    ['{"team":{"level1":{"userId":3},"level_2":[{"userId":2}],"l3":1}}', [3, 2, 1]],
    ['{"1":3}', [3]],
    ['{"team":[3,2,1,7]}', [3, 2, 1]],
  ])('userTeam %s', (text, superiors) => {
    expect(readUserTeam(text, 9).superiors).toEqual(superiors);
  });

  it('nicknames are read too', () => {
    const { nicknames } = readUserTeam('{"team":[{"userId":3,"nickname":"c"},{"userId":2}]}', 9);
    expect([...nicknames]).toEqual([[3, 'c']]);
  });

  it.each([
    '{"team":"x"}',
    '{"userId":9}',
    '5',
    '{"team":[9]}',
    '{"team":[0,2]}',
    '{"team":[3,3]}',
    '{"team":[1.5]}',
  ])('never taken for "no superiors": %s', (text) => {
    expect(() => readUserTeam(text, 9)).toThrow(expect.objectContaining({ code: 'PLATFORM_API_ERROR' }));
  });

  it.each([
    ['{"count":12}', 12],
    ['{"data":{"total":"12"}}', 12],
    ['{"data":12}', 12],
    ['{"data":{}}', undefined],
    ['{"data":-1}', undefined],
  ])('userLevelCount %s', (text, count) => {
    expect(readLevelCount(text)).toBe(count);
  });
});
