/**
 * What waits for a person: a picture to read, a question to answer. States of a challenge: open → typed → taken, or
 * open → expired. It lives in Redis only; the login that waits takes the text and removes it, and what is not taken
 * expires by itself.
 */
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { captchaKeys } from './keys.ts';

/** How long a person has, milliseconds. */
export const OPEN_MS = 120_000;
const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 500;
const MAX_TEXT = 64;

/** What a person sees. */
const OpenChallenge = z.object({
  id: z.string(),
  service: z.string(),
  /** Of a question, where the service has several. */
  account: z.string().optional(),
  kind: z.enum(['CAPTCHA', 'QUESTION']).default('CAPTCHA'),
  /** Of a question. */
  prompt: z.string().optional(),
  /** Of a captcha; `image` is base64. */
  codetype: z.number().optional(),
  contentType: z.string().optional(),
  image: z.string().optional(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type OpenChallenge = z.infer<typeof OpenChallenge>;

/** A challenge before it is open; with a prompt it is a question. */
export type NewChallenge = Omit<OpenChallenge, 'id' | 'kind' | 'createdAt' | 'expiresAt' | 'account'> & {
  account?: string | undefined;
};

export interface ManualCaptchas {
  /** Open challenges, those that expire first at the top. */
  list(): Promise<OpenChallenge[]>;
  /** The first text counts. `NOT_FOUND` when it is answered, expired or never was; `VALIDATION_FAILED`. */
  answer(id: string, text: string): Promise<void>;
}

export interface Challenges extends ManualCaptchas {
  /** Opens it and waits for a person until `expires`. @returns `undefined` when none came. */
  wait(challenge: NewChallenge, expires: number): Promise<string | undefined>;
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

export function createChallenges(deps: { redis: Redis; clock: Clock; random: Random }): Challenges {
  const { redis, clock, random } = deps;

  async function open(challenge: NewChallenge, expires: number): Promise<string> {
    const now = clock.now();
    const id = random.id(now);
    const shown: OpenChallenge = {
      ...omitUndefined(challenge),
      id,
      kind: challenge.prompt === undefined ? 'CAPTCHA' : 'QUESTION',
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

  async function typed(id: string, expires: number): Promise<string | undefined> {
    for (let poll = FIRST_POLL_MS; clock.now() < expires; poll = Math.min(poll * 1.5, LAST_POLL_MS)) {
      await clock.sleep(Math.min(poll, expires - clock.now()));
      const text = await redis.get(captchaKeys.typed(id)).catch(() => null);
      if (text !== null) return text;
    }
    return undefined;
  }

  return {
    wait: async (challenge, expires) => {
      const id = await open(challenge, expires);
      try {
        return await typed(id, expires);
      } finally {
        await close(id);
      }
    },

    list: async () => {
      const ids = z.array(z.string()).parse(await redis.run(LIST, [captchaKeys.open], [clock.now()]));
      if (ids.length === 0) return [];
      const answers = await redis.mget(ids.map(captchaKeys.typed));
      const unanswered = ids.filter((_id, at) => answers[at] === null);
      if (unanswered.length === 0) return [];
      return (await redis.mget(unanswered.map(captchaKeys.challenge))).flatMap(readChallenge);
    },

    answer: async (id, text) => {
      const trimmed = text.trim();
      if (trimmed === '' || trimmed.length > MAX_TEXT) {
        throw invalid('text', `must be 1 to ${MAX_TEXT} characters`);
      }
      const isOpen = /^[0-9a-f]{1,64}$/.test(id) && (await redis.get(captchaKeys.challenge(id))) !== null;
      const first = isOpen && (await redis.set(captchaKeys.typed(id), trimmed, { px: OPEN_MS, nx: true }));
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
