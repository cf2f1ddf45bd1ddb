/** In calls under a key, and in sessions that processes share. */
import type { Bug } from './bug.ts';

export const CALL_BUGS: Bug[] = [
  {
    name: 'a late worker writes over the claim of another: the key is not fenced (I3)',
    file: 'lib/calls/idempotency/claim-state.ts',
    right: "condition: '#owner = :owner AND #state = :claimed',",
    wrong: "condition: '(#owner = :owner OR NOT #owner = :owner) AND #state = :claimed',",
  },
  {
    name: 'a key that is claimed is taken over before its time (T)',
    file: 'lib/calls/idempotency/claim-state.ts',
    right: 'claimExpiresAt <= :now AND fingerprint = :fingerprint',
    wrong: 'claimExpiresAt >= :now AND fingerprint = :fingerprint',
  },
  {
    name: 'a claim never ends (I1)',
    file: 'lib/calls/idempotency/create-idempotency.ts',
    right: 'Math.max(request.deadline.at, clock.now()) + claimMarginMs;',
    wrong: 'Math.max(request.deadline.at, clock.now()) + 3_600_000;',
  },
  {
    name: 'an answer is not kept for its key (T)',
    file: 'lib/calls/idempotency/create-idempotency.ts',
    right: 'if (result.keep) return save(attempt, result.answer, request);',
    wrong: 'if (!result.keep) return save(attempt, result.answer, request);',
  },
  {
    name: 'a claim stands on no condition',
    file: 'lib/calls/idempotency/claims.ts',
    right: 'claimed(attempt, now, claimExpiresAt), mayClaim(attempt, now));',
    wrong: 'claimed(attempt, now, claimExpiresAt));',
  },
  {
    name: 'every caller that meets an expired session logs in: the lock holds nobody back (S2)',
    file: 'lib/platforms/session/scripts.ts',
    right: 'if held and left > 0 then',
    wrong: 'if held and left > 1e12 then',
  },
  {
    name: 'in a process, callers do not share one login (S2)',
    file: 'lib/platforms/session/fleet.ts',
    right: 'const running = slot.pendingLogin;',
    wrong:
      'const running = undefined as typeof slot.pendingLogin; slot.keys = { ...slot.keys, lock: slot.keys.lock + random.uuid() };',
  },
  {
    name: 'the lease of the login lock never ends (T)',
    file: 'lib/platforms/session/scripts.ts',
    right: "whole(lease), 'PX', whole(lease))",
    wrong: "whole(lease), 'PX', whole(lease * 1000))",
  },
  {
    name: 'a session is stored and its lock is not freed, nor its owner asked',
    file: 'lib/platforms/session/scripts.ts',
    right: "redis.call('SET', gen, login .. '.0')\nif number(read(counter)) < number(login)",
    wrong: "redis.call('SET', gen, '1.0')\nif number(read(counter)) < number(login)",
  },
  {
    name: 'what the platform has refused is not remembered: the old session is used again',
    file: 'lib/platforms/session/fleet.ts',
    right: 'refused: request.refused && newerThan === request.newerThan && newerThan > 0,',
    wrong: 'refused: false, ...(newerThan > 0 ? { newerThan: newerThan - 1 } : {}),',
  },
  {
    name: 'a login that succeeds does not end the row of those without a verdict: a false alarm',
    file: 'lib/platforms/session/scripts.ts',
    right: "redis.call('DEL', failure, lockout)\nredis.call('SET', updated, at)\nbump(logins)",
    wrong: "redis.call('DEL', failure)\nredis.call('SET', updated, at)\nbump(logins)",
  },
];
