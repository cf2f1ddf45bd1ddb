/** `sessionRefreshOn` (SPEC 5), for every strategy: values that an answer renews. */
import { LRUCache } from 'lru-cache';
import { extractAll } from '../definition/extractor/extract.ts';
import { holds } from '../definition/predicate/predicate.ts';
import type { RefreshOn } from '../definition/refresh-on.ts';
import { plainValue } from '../text/json/plain.ts';
import type { Authentication } from './strategy.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * What this process has learned of services that keep no session, by code and revision: another process learns it with
 * one request of its own.
 */
const learnedHere = new LRUCache<string, Values>({ max: 500 });

/**
 * The authentication with the values that answers have renewed, ready to learn the next.
 * @param key of what belongs together: the service, its revision, its account.
 */
export function withRefreshOn(authentication: Authentication, rule: RefreshOn, key: string): Authentication {
  if (!rule) return authentication;
  const { learn, renew, values } = authentication;
  return {
    ...authentication,
    ...(learn ? {} : { values: { ...values, ...learnedHere.get(key) } }),
    ...(renew && {
      renew: async (options) => {
        const renewed = await renew(options);
        return renewed && withRefreshOn(renewed, rule, key);
      },
    }),
    async refreshOn(answer) {
      if (!holds(rule.when, answer)) return undefined;
      const { values: found, absent } = extractAll(rule.extract, answer, {
        field: 'auth.sessionRefreshOn.extract',
      });
      // Without them the next request would be refused as this one was.
      if (absent.length > 0) return undefined;
      const fresh = Object.fromEntries(
        Object.entries(found).map(([name, value]) => [name, plainValue(value)]),
      );
      if (learn) return withRefreshOn(await learn(fresh), rule, key);
      learnedHere.set(key, { ...learnedHere.get(key), ...fresh });
      return withRefreshOn(authentication, rule, key);
    },
  };
}
