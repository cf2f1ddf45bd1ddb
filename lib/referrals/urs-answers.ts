/**
 * What URS answers, read as tolerantly as its document is vague (seed 004 names the facts, not the shapes).
 *
 * Either may stand at the top or under `data`, and either says that it failed by `success: false`. Ids are numbers
 * or digits; they never pass through a double.
 *
 * userInfo: `{userId, nickname}`; also `user_id`, `uid`, `id`; `nick_name`, `nickName`, `name`; under `user`.
 * userTeam: `team`, `superiors`, or the value itself, as one of
 *   - `[10001, 10000, 0]`, nearest first;
 *   - `[{"level": 1, "userId": 10001, "nickname": "..."}, ...]`, in any order when every entry has its level;
 *   - `{"1": 10001, "2": ...}`, also `level1`, `level_1`, `l1`, with ids or objects.
 * Levels beyond the third are left aside; `"team": null` is nobody.
 *
 * userLevelCount: `count`, `total`, `number` or `num`, or the value itself.
 */
import { GatewayError } from '../runtime/errors.ts';
import { ExactNumber, JsonSyntaxError, parseExact } from '../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../text/json/exact.ts';
import { isNobody, LEVELS, parseUid, superiorsOf } from './uid.ts';
import type { Uid } from './uid.ts';

export interface UrsUser {
  uid: Uid;
  nickname?: string;
}

export interface UrsTeam {
  superiors: Uid[];
  nicknames: Map<Uid, string>;
}

const MAX_NICKNAME = 200;

/** @throws GatewayError `PLATFORM_API_ERROR` when there is no user in it. */
export function readUserInfo(dataText: string): UrsUser {
  const facts = factsOf(dataText, 'userInfo');
  const inner = isObject(facts) && isObject(facts['user']) ? facts['user'] : facts;
  const user = userIn(inner);
  if (!user) throw unreadable('userInfo', 'no user id');
  return user;
}

/**
 * Superiors of `uid`, nearest first.
 * @throws GatewayError `PLATFORM_API_ERROR` when they cannot be made out: never taken for "none".
 */
export function readUserTeam(dataText: string, uid: Uid): UrsTeam {
  const facts = factsOf(dataText, 'userTeam');
  if (isObject(facts) && facts['team'] === null) return { superiors: [], nicknames: new Map() };
  const team = isObject(facts) ? (member(facts, ['team', 'superiors']) ?? facts) : facts;
  const places = placesOf(team);
  if (!places) throw unreadable('userTeam', 'no team');
  const nicknames = new Map<Uid, string>();
  const ids = places.slice(0, LEVELS).map((place) => {
    if (!isObject(place)) return place;
    const user = userIn(place);
    if (user?.nickname !== undefined) nicknames.set(user.uid, user.nickname);
    return user?.uid ?? member(place, IDS) ?? null;
  });
  try {
    return { superiors: superiorsOf(uid, ids, 'team'), nicknames };
  } catch (cause) {
    throw unreadable('userTeam', cause instanceof GatewayError ? cause.message : 'no team', cause);
  }
}

/** What URS counts below somebody; `undefined` when it does not say. */
export function readLevelCount(dataText: string): number | undefined {
  const facts = factsOf(dataText, 'userLevelCount');
  const value = isObject(facts) ? member(facts, ['count', 'total', 'number', 'num']) : facts;
  const text = value instanceof ExactNumber ? value.source : value;
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The places by level, nearest first; `undefined`: this is no team. */
function placesOf(team: ExactJson): ExactJson[] | undefined {
  if (Array.isArray(team)) return inOrder(team);
  if (!isObject(team)) return undefined;
  const places: ExactJson[] = [null, null, null];
  let found = Object.keys(team).length === 0;
  for (const [key, place] of Object.entries(team)) {
    const level = /^(?:level_?|l)?([1-9])$/i.exec(key)?.[1];
    if (level === undefined) continue;
    found = true;
    if (Number(level) <= LEVELS)
      places[Number(level) - 1] = Array.isArray(place) ? (place[0] ?? null) : place;
  }
  return found ? places : undefined;
}

function inOrder(team: ExactJson[]): ExactJson[] {
  const levels = team.map((place) => (isObject(place) ? parseUid(place['level']) : undefined));
  if (team.length === 0 || levels.some((level) => level === undefined)) return team;
  const places: ExactJson[] = [null, null, null];
  for (const [index, level] of levels.entries()) {
    if (level! <= LEVELS && isNobody(places[level! - 1])) places[level! - 1] = team[index]!;
  }
  return places;
}

const IDS = ['userId', 'user_id', 'uid', 'id'];
const NICKNAMES = ['nickname', 'nickName', 'nick_name', 'name'];

function userIn(value: ExactJson): UrsUser | undefined {
  if (!isObject(value)) return undefined;
  const uid = parseUid(member(value, IDS));
  if (uid === undefined) return undefined;
  const nickname = member(value, NICKNAMES);
  return {
    uid,
    ...(typeof nickname === 'string' && nickname !== '' ? { nickname: nickname.slice(0, MAX_NICKNAME) } : {}),
  };
}

function factsOf(dataText: string, operation: string): ExactJson {
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
