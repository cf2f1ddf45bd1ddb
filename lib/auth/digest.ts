import { subjectOf } from '../definition/account.ts';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import type { Random } from '../runtime/random.ts';
import { splitTarget } from '../vendors/http/target.ts';
import { credentialTemplates } from './credential-templates.ts';
import { nextNonce, strongestChallenge } from './digest/challenge.ts';
import type { DigestChallenge } from './digest/challenge.ts';
import { digestAuthorization } from './digest/response.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';
import type { Authentication, WireRequest } from './strategy.ts';

/** A nonce of a server, as this process uses it up. Nothing secret: each process asks for its own. */
interface Nonce {
  challenge: DigestChallenge;
  value: string;
  /** One per challenge: servers differ in whether a session's A1 takes the first one or the last. */
  cnonce: string;
  uses: number;
  /** The server has taken credentials with it. */
  accepted: boolean;
}

const nonces = new LRUCache<string, Nonce>({ max: 1_000 });

interface Account {
  /** Of the nonces: whose server it is. */
  key: string;
  username: string;
  password: string;
  secrets: readonly string[];
}

/** RFC 7616. */
export const digest = strategy({
  schema: z.strictObject({
    type: z.literal('DIGEST'),
    username: Template.default('{{credentials.username}}').describe('A template over the credentials.'),
    password: Template.default('{{credentials.password}}').describe('A template over the credentials.'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth, code, baseUrl } = service.definition;
    const subject = subjectOf(code, service.account);
    const { render, secrets } = await credentialTemplates(service, deps);
    const [username, password] = [render(auth.username, 'none'), render(auth.password, 'none')];
    const account = { key: `${subject} ${baseUrl}`, username, password, secrets: [...secrets, password] };
    return authentication(account, deps.random);
  },
});

/** Of one try, and the one after it: `used` is the nonce that the last request was sent with. */
function authentication(account: Account, random: Random): Authentication {
  const { key, username, password, secrets } = account;
  let used: Nonce | undefined;

  /**
   * Is this a challenge that another try can meet? Without a nonce nothing was proved yet, and one that ran out, or that
   * a restarted server has forgotten, says nothing of the password. Any other 401 does.
   */
  function asksAgain(answer: Answer): DigestChallenge | undefined {
    const challenge = challengeOf(answer);
    return challenge && (!used || challenge.stale || used.accepted) ? challenge : undefined;
  }

  return {
    headers: {},
    secrets,
    sign(request) {
      used = nonces.get(key);
      if (!used) return request;
      used.uses += 1;
      return signed(request, used, { username, password });
    },
    observe(answer) {
      if (answer.status >= 500) return;
      if (answer.status === 401) {
        const challenge = asksAgain(answer);
        if (challenge) nonces.set(key, firstUse(challenge, random));
        else nonces.delete(key);
      } else if (used) {
        used.accepted = true;
        const value = nextNonce(answer.headers['authentication-info']);
        if (value !== undefined && nonces.get(key) === used) nonces.set(key, { ...used, value, uses: 0 });
      }
    },
    isExpired: (answer) => asksAgain(answer) !== undefined,
    isInconclusive: (answer) => challengeOf(answer)?.stale === true,
    renew: async () => authentication(account, random),
  };
}

const challengeOf = ({ status, headers }: Answer) =>
  status === 401 ? strongestChallenge(headers['www-authenticate']) : undefined;

function firstUse(challenge: DigestChallenge, random: Random): Nonce {
  const cnonce = random.bytes(16).toString('hex');
  return { challenge, value: challenge.nonce, cnonce, uses: 0, accepted: false };
}

function signed(
  request: WireRequest,
  { challenge, value, cnonce, uses }: Nonce,
  account: { username: string; password: string },
): WireRequest {
  const { method, url, headers, secrets = [] } = request;
  const uri = splitTarget(url).path;
  const use = { ...account, method, uri, cnonce, count: uses, nonce: value };
  const { header, response } = digestAuthorization(challenge, use);
  // With it a password can be guessed at leisure.
  return { ...request, headers: { ...headers, authorization: header }, secrets: [...secrets, response] };
}
