/**
 * A person as captcha solver. States of a challenge: open → typed → taken, or open → expired. It lives in
 * Redis only; the login that waits takes the text and removes it, and what is not taken expires by itself.
 */
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { captchaKeys } from './keys.ts';
import { SolverRefusal } from './refusal.ts';
import type { CaptchaAnswer, CaptchaChallenge } from './solver.ts';

export const MANUAL = 'MANUAL';
/** How long a person has, milliseconds. */
const OPEN_MS = 120_000;
const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 500;
const MAX_TEXT = 64;

/** What a person sees. `image` is base64. */
const OpenChallenge = z.object({
  id: z.string(),
  service: z.string(),
  codetype: z.number(),
  contentType: z.string(),
  image: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type OpenChallenge = z.infer<typeof OpenChallenge>;

export interface ManualCaptchas {
  /** Open challenges, those that expire first at the top. */
  list(): Promise<OpenChallenge[]>;
  /** The first text counts. `NOT_FOUND` when it is answered, expired or never was; `VALIDATION_FAILED`. */
  answer(id: string, text: string): Promise<void>;
}

export interface ManualSolver extends ManualCaptchas {
  /** Waits for a person. Rejects with `SolverRefusal` `timeout` when none came in time. */
  solve(challenge: CaptchaChallenge): Promise<CaptchaAnswer>;
}

/** KEYS open · ARGV expires, id, ttl. */
const OPEN = script(`
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);
/** KEYS open · ARGV now → ids of what has not expired; forgets the rest. */
const LIST = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
return redis.call('ZRANGE', KEYS[1], '0', '99')
`);
/** KEYS open · ARGV id. */
const CLOSE = script(`return redis.call('ZREM', KEYS[1], ARGV[1])`);

export function createManualSolver(deps: { redis: Redis; clock: Clock; random: Random }): ManualSolver {
  const { redis, clock, random } = deps;

  async function open(challenge: CaptchaChallenge, expires: number): Promise<string> {
    const now = clock.now();
    const id = random.id(now);
    const shown: OpenChallenge = {
      id,
      service: challenge.service,
      codetype: challenge.codetype,
      contentType: challenge.contentType,
      image: challenge.image.toString('base64'),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(expires).toISOString(),
    };
    await redis.set(captchaKeys.challenge(id), JSON.stringify(shown), { px: expires - now });
    await redis.run(OPEN, [captchaKeys.open], [expires, id, OPEN_MS]);
    return id;
  }

  async function close(id: string): Promise<void> {
    try {
      await redis.run(CLOSE, [captchaKeys.open], [id]);
      await redis.del(captchaKeys.challenge(id), captchaKeys.typed(id));
    } catch {
      // It expires by itself.
    }
  }

  async function wait(id: string, expires: number): Promise<string | undefined> {
    for (let poll = FIRST_POLL_MS; clock.now() < expires; poll = Math.min(poll * 1.5, LAST_POLL_MS)) {
      await clock.sleep(Math.min(poll, expires - clock.now()));
      const typed = await redis.get(captchaKeys.typed(id)).catch(() => null);
      if (typed !== null) return typed;
    }
    return undefined;
  }

  return {
    solve: async (challenge) => {
      const now = clock.now();
      const expires = now + Math.floor(Math.min(OPEN_MS, remaining(challenge.deadline, clock)));
      if (expires <= now) throw new SolverRefusal('timeout', 'has no time left');
      const id = await open(challenge, expires);
      try {
        const text = await wait(id, expires);
        if (text === undefined) throw new SolverRefusal('timeout', 'got no answer in time');
        return { text, solver: MANUAL };
      } finally {
        await close(id);
      }
    },

    list: async () => {
      const ids = z.array(z.string()).parse(await redis.run(LIST, [captchaKeys.open], [clock.now()]));
      if (ids.length === 0) return [];
      const typed = await redis.mget(ids.map(captchaKeys.typed));
      const open = ids.filter((_id, at) => typed[at] === null);
      if (open.length === 0) return [];
      return (await redis.mget(open.map(captchaKeys.challenge))).flatMap(readChallenge);
    },

    answer: async (id, text) => {
      const trimmed = text.trim();
      if (trimmed === '' || trimmed.length > MAX_TEXT) {
        throw invalid('text', `must be 1 to ${MAX_TEXT} characters`);
      }
      const open = /^[0-9a-f]{1,64}$/.test(id) && (await redis.get(captchaKeys.challenge(id))) !== null;
      const first = open && (await redis.set(captchaKeys.typed(id), trimmed, { px: OPEN_MS, nx: true }));
      if (!first) throw new GatewayError('NOT_FOUND', 'This captcha is answered or has expired.');
    },
  };
}

/** A challenge that cannot be read is not shown. */
function readChallenge(stored: string | null): OpenChallenge[] {
  if (stored === null) return [];
  try {
    return [OpenChallenge.parse(JSON.parse(stored))];
  } catch {
    return [];
  }
}
