import { createHash } from 'node:crypto';
import type { Redis } from '../../vendors/redis/redis.ts';
import { withinBudget } from '../../runtime/budget.ts';
import type { AnswerCache, CachedAnswer } from './cache.ts';
import { canonicalJson } from './canonical.ts';

export interface AnswerCacheOptions {
  redis: Redis;
  /** For the write, milliseconds: the caller is waiting. */
  budgetMs?: number;
  /** Answers longer than this are not kept (UTF-16 units): the guard would fetch them on every call. */
  maxLength?: number;
}

/**
 * A value is `1:{storedAt}:{upstreamStatus}:{length}:{dataText}`: a version, what the guard's script reads (the
 * second field), and the length, which shows when a value was cut short. The data is not wrapped in JSON again.
 */
const VALUE = /^1:(\d{1,15}):(\d{3}):(\d{1,9}):/;

export function createAnswerCache({
  redis,
  budgetMs = 300,
  maxLength = 512 * 1_024,
}: AnswerCacheOptions): AnswerCache {
  return {
    key({ definition, revision, updatedAt, account }, operation, params) {
      // `updatedAt` too: a service that was deleted and created again starts at revision 1.
      const call = [revision, updatedAt, operation, canonicalJson(params)];
      const identity = JSON.stringify(account === undefined ? call : [...call, account]);
      return `cache:${definition.code}:${createHash('sha256').update(identity).digest('hex')}`;
    },

    read: parseValue,

    async store(key, { dataText, upstreamStatus, storedAt }, ttlSeconds) {
      if (!(ttlSeconds > 0) || dataText.length > maxLength) return;
      const value = `1:${Math.floor(storedAt)}:${upstreamStatus}:${dataText.length}:${dataText}`;
      try {
        await withinBudget(redis.set(key, value, { px: Math.ceil(ttlSeconds * 1_000) }), budgetMs);
      } catch {
        // The caller gets the answer all the same; the next call asks the platform again.
      }
    },
  };
}

function parseValue(value: string | null | undefined): CachedAnswer | undefined {
  const head = value ? VALUE.exec(value) : null;
  if (!value || !head) return undefined;
  const dataText = value.slice(head[0].length);
  if (dataText.length !== Number(head[3])) return undefined;
  return { dataText, upstreamStatus: Number(head[2]), storedAt: Number(head[1]) };
}
