/**
 * Reads what URS answers about its users. Tolerant, as its document names the fields but not their shapes.
 *
 * Each may be the whole answer or under `data`; `success: false` is a refusal. Ids are numbers or digits; they never
 * pass through a double.
 *
 * userInfo: `{userId, nickname}`; also `user_id`, `uid`, `id`; `nick_name`, `nickName`, `name`; under `user`.
 * userTeam: `team`, `superiors`, or the value itself, as one of
 *   - `[10001, 10000, 0]`, nearest first;
 *   - `[{"level": 1, "userId": 10001, "nickname": "..."}, ...]`, in any order when every entry has its level;
 *   - `{"1": 10001, "2": ...}`, also `level1`, `level_1`, `l1`, with ids or objects.
 * Levels beyond the third are ignored; `"team": null` is no superior.
 *
 * userLevelCount: `count`, `total`, `number` or `num`, or the value itself.
 */
import type { UserInfo, UserTeam } from '../../referrals/upline-source.ts';
import { isNoUser, LEVELS, superiorsOf } from '../../referrals/superiors.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { ExactNumber, JsonSyntaxError, parseExact } from '../../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../../text/json/exact.ts';
import { parseUserId } from '../../text/user-id.ts';
import type { UserId } from '../../text/user-id.ts';

export type UrsUser = Omit<UserInfo, 'stale'>;

const MAX_NICKNAME = 200;

/** @throws GatewayError `PLATFORM_API_ERROR` when it names no user. */
export function readUserInfo(dataText: string): UrsUser {
  const answer = answerOf(dataText, 'userInfo');
  const inner = isObject(answer) && isObject(answer['user']) ? answer['user'] : answer;
  const user = userIn(inner);
  if (!user) throw unreadable('userInfo', 'no user id');
  return user;
}

/**
 * Superiors of `uid`, nearest first.
 * @throws GatewayError `PLATFORM_API_ERROR` when they cannot be read: that never counts as "none".
 */
export function readUserTeam(dataText: string, uid: UserId): UserTeam {
  const answer = answerOf(dataText, 'userTeam');
  if (isObject(answer) && answer['team'] === null) return { superiors: [], nicknames: new Map() };
  const team = isObject(answer) ? (member(answer, ['team', 'superiors']) ?? answer) : answer;
  const entries = entriesOf(team);
  if (!entries) throw unreadable('userTeam', 'no team');
  const nicknames = new Map<UserId, string>();
  const ids = entries.slice(0, LEVELS).map((entry) => {
    if (!isObject(entry)) return entry;
    const user = userIn(entry);
    if (user?.nickname !== undefined) nicknames.set(user.uid, user.nickname);
    return user?.uid ?? member(entry, IDS) ?? null;
  });
  try {
    return { superiors: superiorsOf(uid, ids, 'team'), nicknames };
  } catch (cause) {
    throw unreadable('userTeam', cause instanceof GatewayError ? cause.message : 'no team', cause);
  }
}

/** How many users URS counts below one; `undefined` when the answer holds no count. */
export function readLevelCount(dataText: string): number | undefined {
  const answer = answerOf(dataText, 'userLevelCount');
  const value = isObject(answer) ? member(answer, ['count', 'total', 'number', 'num']) : answer;
  const text = value instanceof ExactNumber ? value.source : value;
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The entries by level, nearest first; `undefined`: not a team. */
function entriesOf(team: ExactJson): ExactJson[] | undefined {
  if (Array.isArray(team)) return inOrder(team);
  if (!isObject(team)) return undefined;
  const entries: ExactJson[] = [null, null, null];
  let found = Object.keys(team).length === 0;
  for (const [key, entry] of Object.entries(team)) {
    const level = /^(?:level_?|l)?([1-9])$/i.exec(key)?.[1];
    if (level === undefined) continue;
    found = true;
    if (Number(level) <= LEVELS)
      entries[Number(level) - 1] = Array.isArray(entry) ? (entry[0] ?? null) : entry;
  }
  return found ? entries : undefined;
}

function inOrder(team: ExactJson[]): ExactJson[] {
  const levels = team.map((entry) => (isObject(entry) ? parseUserId(entry['level']) : undefined));
  if (team.length === 0 || levels.some((level) => level === undefined)) return team;
  const entries: ExactJson[] = [null, null, null];
  for (const [index, level] of levels.entries()) {
    if (level! <= LEVELS && isNoUser(entries[level! - 1])) entries[level! - 1] = team[index]!;
  }
  return entries;
}

const IDS = ['userId', 'user_id', 'uid', 'id'];
const NICKNAMES = ['nickname', 'nickName', 'nick_name', 'name'];

function userIn(value: ExactJson): UrsUser | undefined {
  if (!isObject(value)) return undefined;
  const uid = parseUserId(member(value, IDS));
  if (uid === undefined) return undefined;
  const nickname = member(value, NICKNAMES);
  return {
    uid,
    ...(typeof nickname === 'string' && nickname !== '' ? { nickname: nickname.slice(0, MAX_NICKNAME) } : {}),
  };
}

function answerOf(dataText: string, operation: string): ExactJson {
  let answer: ExactJson;
  try {
    answer = parseExact(dataText);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unreadable(operation, 'no JSON', error);
    throw error;
  }
  if (!isObject(answer)) return answer;
  if (answer['success'] === false) throw unreadable(operation, 'a refusal');
  return member(answer, ['data']) ?? answer;
}

/** The first of these keys that is there with a value. */
function member(object: ExactObject, keys: readonly string[]): ExactJson | undefined {
  for (const key of keys) {
    if (Object.hasOwn(object, key) && object[key] !== null) return object[key];
  }
  return undefined;
}

const isObject = (value: ExactJson | undefined): value is ExactObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

function unreadable(operation: string, what: string, cause?: unknown): GatewayError {
  return new GatewayError('PLATFORM_API_ERROR', `URS answered ${operation} with ${what}.`, { cause });
}
