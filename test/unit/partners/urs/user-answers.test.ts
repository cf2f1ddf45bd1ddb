import { describe, expect, it } from 'vitest';
import { JsonSyntaxError } from '../../../../lib/text/json/exact.ts';
import { readLevelCount, readUserInfo, readUserTeam } from '../../../../lib/partners/urs/user-answers.ts';

describe('what URS answers about users', () => {
  it.each([
    '{"userId":10002,"nickname":"n"}',
    '{"success":true,"data":{"userId":10002,"nickname":"n"}}',
    '{"code":0,"data":{"user":{"id":"10002","nick_name":"n"}}}',
    '{"data":{"user_id":10002,"nickName":"n","name":"x"}}',
    '{"data":null,"userId":null,"uid":10002,"nickname":null,"name":"n"}',
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

  it.each([
    ['{"userId":10002}', { uid: 10002 }],
    ['{"userId":10002,"nickname":""}', { uid: 10002 }],
    ['{"userId":10002,"nickname":7}', { uid: 10002 }],
    [`{"userId":10002,"name":"${'n'.repeat(201)}"}`, { uid: 10002, nickname: 'n'.repeat(200) }],
  ])('a nickname is text of at most 200 characters, or there is none: %.40s', (text, user) => {
    expect(readUserInfo(text)).toStrictEqual(user);
  });

  it.each([
    [readUserInfo, 'userInfo'],
    [(text: string) => readUserTeam(text, 9), 'userTeam'],
    [readLevelCount, 'userLevelCount'],
  ])('what cannot be read is told with its operation: %#', (read, operation) => {
    const told = (what: string) =>
      expect.objectContaining({
        code: 'PLATFORM_API_ERROR',
        message: `URS answered ${operation} with ${what}.`,
      }) as Error;
    expect(() => read('<html>')).toThrow(told('no JSON'));
    expect(() => read('<html>')).toThrow(
      expect.objectContaining({ cause: expect.any(JsonSyntaxError) as Error }),
    );
    expect(() => read('{"success":false}')).toThrow(told('a refusal'));
  });

  it('what is missing in an answer is named', () => {
    const told = (operation: string, what: string) =>
      expect.objectContaining({
        code: 'PLATFORM_API_ERROR',
        message: `URS answered ${operation} with ${what}.`,
      }) as Error;
    expect(() => readUserInfo('{}')).toThrow(told('userInfo', 'no user id'));
    const team = (text: string) => () => readUserTeam(text, 9);
    expect(team('{}')).not.toThrow();
    expect(team('{"team":1}')).toThrow(told('userTeam', 'no team'));
    expect(team('{"team":[3,9]}')).toThrow(told('userTeam', 'team.1 is the user whose superiors these are.'));
    expect(team('{"team":[9]}')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'VALIDATION_FAILED' }) as Error }),
    );
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
    ['{"team":{}}', []],
    ['{"team":{"1":3,"2":2,"3":1,"4":7}}', [3, 2, 1]],
    ['{"team":{"1":3,"x2":2,"2y":2,"10":2,"l0":2}}', [3]],
    ['{"team":{"LEVEL_1":3,"l2":[]}}', [3]],
    ['{"team":[{"level":3,"userId":1},{"level":2,"userId":2},{"level":1,"userId":3}]}', [3, 2, 1]],
    ['{"team":[{"level":1,"userId":3},{"level":1,"userId":4},{"level":2,"userId":2}]}', [3, 2]],
    ['{"team":[{"level":2,"userId":2},{"userId":3}]}', [2, 3]],
    ['{"team":[{"level":1,"nickname":"nobody"}]}', []],
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
    '{"team":[{"userId":1.5}]}',
    '{"team":true}',
    'null',
    'true',
  ])('never taken for "no superiors": %s', (text) => {
    expect(() => readUserTeam(text, 9)).toThrow(expect.objectContaining({ code: 'PLATFORM_API_ERROR' }));
  });

  it.each([
    ['{"count":12}', 12],
    ['{"data":{"total":"12"}}', 12],
    ['{"data":12}', 12],
    ['{"number":12}', 12],
    ['{"num":"12"}', 12],
    ['{"count":999999999999999}', 999_999_999_999_999],
    ['{"count":"12 "}', undefined],
    ['{"count":"x12"}', undefined],
    ['{"count":"1234567890123456"}', undefined],
    ['{"data":["12"]}', undefined],
    ['{"data":{}}', undefined],
    ['{"data":-1}', undefined],
  ])('userLevelCount %s', (text, count) => {
    expect(readLevelCount(text)).toBe(count);
  });
});
