/** Callers, and the platform that they call through us. */
import { Caller } from '../actors/caller.ts';
import { CallAnswers } from '../oracles/call-answers.ts';
import { Claims } from '../oracles/claims.ts';
import { Logins } from '../oracles/logins.ts';
import { SITE_CREDENTIALS, siteDefinition } from '../platform/site.ts';
import type { Processes } from '../processes.ts';
import { pause } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import type { World } from '../world.ts';
import type { Side } from './side.ts';

/** Longer than a claim, a login's lease, a breaker's pause and the pauses after failed logins last, milliseconds. */
const ALL_IS_FREE_MS = 400_000;

export function callsSide(world: World, processes: Processes): Side {
  const { violations, site, network } = world;
  /** Redis has lost its count of logins: a process that remembers a higher one logs in once more. */
  let forgotten = 0;
  let isRedisLost = false;
  const claims = new Claims(violations);
  const logins = new Logins(violations, site.record);
  const answers = new CallAnswers({
    violations,
    frozenMs: (from, to) => processes.frozenMs(from, to),
    takeovers: (key) => claims.takeovers(key),
  });
  const caller = new Caller(processes, answers);
  world.watch((commit) => claims.watch(commit));
  world.define(siteDefinition, SITE_CREDENTIALS);

  const times = <T>(count: number, run: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, run));

  return {
    play(step, here) {
      switch (step.kind) {
        case 'read':
          return times(step.calls, () => caller.read(here));
        case 'call':
          return times(step.copies, () => caller.order(step.key, here));
        case 'expire':
          if (site.endSessions()) logins.expired();
          return Promise.resolve();
        // A login that was under way is made again, and without Redis each process makes its own.
        case 'kill':
        case 'freeze':
          logins.excuse(1);
          return undefined;
        case 'redis-down':
          isRedisLost = true;
          logins.excuse(processes.count * Math.ceil(2 + step.ms / 5_000));
          return undefined;
        case 'redis-empty':
          isRedisLost = true;
          forgotten = processes.count;
          logins.excuse(processes.count);
          return undefined;
        default:
          return undefined;
      }
    },

    async settle(here: Circumstance) {
      await pause(ALL_IS_FREE_MS, here);
      if (isRedisLost) {
        // Sessions that processes made for themselves meanwhile meet each other: one call of each may be refused.
        if (site.endSessions()) logins.expired();
        logins.excuse(4 * processes.count);
        await times(4 * processes.count, () => caller.read(here));
        await pause(ALL_IS_FREE_MS, here);
      }
      if (site.endSessions()) logins.expired();
      const before = site.record.logins.length;
      const reads = await times(6, () => caller.read(here));
      for (const reply of reads) {
        if (reply?.status !== 200)
          violations.add(`a call is answered ${reply?.status} ${reply?.body.toString()} in a calm`);
      }
      const made = site.record.logins.length - before;
      if (made > 1 + forgotten) violations.add(`${made} logins for one end of a session, in a calm`);
      for (const key of answers.keys()) await caller.order(key, here, 1);
    },

    compare() {
      logins.excuse(network.redis.troubled);
      logins.compare();
      answers.compare(site.record);
    },
  };
}
