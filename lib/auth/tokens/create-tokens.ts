import { markOf } from '../../access/credentials/credentials.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { RefusalCounter } from '../../access/credentials/refusals.ts';
import { createStoreOf } from '../../platforms/session/store.ts';
import { createVault } from '../../vendors/secrets/vault.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import type { Random } from '../../runtime/random.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { DerivedKey } from '../../vendors/secrets/derived-keys.ts';
import { credentialTemplates } from '../credential-templates.ts';
import type { OAuth2Service } from './definition.ts';
import { createTokenFetch } from './fetch-token.ts';
import { createTokenMemory } from './process-memory.ts';
import { parseToken } from './token-document.ts';
import type { TokenDocument } from './token-document.ts';
import { createTokenFleet } from './token-fleet.ts';
import type { Tokens } from './tokens.ts';

export interface TokensDeps {
  redis: Redis;
  /** The keys for `session`, see `deriveKeys`. */
  vaultKeys: () => Promise<Keys<DerivedKey>>;
  credentials: CredentialStore;
  refusals: RefusalCounter;
  transport: Transport;
  clock: Clock;
  random: Random;
}

/** How soon a token is offered to Redis again that it did not take, milliseconds. */
const SAVE_AGAIN_MS = 5_000;

/** Tokens of all services, for one process. */
export function createTokens(deps: TokensDeps): Tokens {
  const { clock, credentials } = deps;
  const store = createStoreOf(deps.redis, createVault(deps.vaultKeys, deps.random, clock), parseToken);
  const memory = createTokenMemory(deps.refusals);
  const credentialsOf = (service: OAuth2Service) => credentialTemplates(service, deps);
  const fetch = createTokenFetch({ ...deps, store, memory });
  const fleet = createTokenFleet({ ...deps, store, memory, fetch, credentialsOf, isWanted });

  async function isWanted({ definition, revision, account }: OAuth2Service, document: TokenDocument) {
    if (document.revision < revision) return false;
    const { code } = definition;
    if (markOf(await credentials.current(code, account)) === document.version) return true;
    // Two processes that know different versions must not renew in turns: what is stored now decides.
    credentials.forget(code);
    return markOf(await credentials.current(code, account)) === document.version;
  }

  return {
    async acquire(service, { deadline }) {
      const slot = memory.at(service);
      const { current } = slot;
      const now = clock.now();
      const wanted =
        current !== undefined && now < current.expiresAt && (await isWanted(service, current.document));
      if (wanted && now < Math.max(current.renewAt, slot.lookAgainAt)) {
        if (current.unsavedBy !== undefined && now >= slot.lookAgainAt) {
          slot.lookAgainAt = now + SAVE_AGAIN_MS;
          await fetch.save(slot);
        }
        return { token: current, origin: 'reused' };
      }
      const newerThan = Math.max(current?.login ?? 0, slot.rejectedLogin);
      const fallback = wanted ? current : undefined;
      // Only a refused token can be in vain.
      return (await fleet.obtain(service, { newerThan, refused: false, fallback, deadline }))!;
    },

    async renew(service, rejected, { deadline, operation }) {
      const { current } = memory.at(service);
      if (current && current.login > rejected.login && current.expiresAt > clock.now()) {
        return { token: current, origin: 'renewed' };
      }
      return fleet.obtain(service, { newerThan: rejected.login, refused: true, operation, deadline });
    },

    renewedInVain: (service, operation) =>
      store.rememberVain(memory.at(service).keys, operation, clock.now()).catch(() => undefined),
  };
}
