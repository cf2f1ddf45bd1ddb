import { markOf } from '../../access/credentials/credentials.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { PlatformService } from '../definition.ts';
import type { SessionDocument } from './document.ts';
import { loginInProgress } from './failures.ts';
import { resolveNeedsPerson } from './needs-person.ts';
import type { CurrentSession, Memory } from './process-memory.ts';
import type { Store } from './store.ts';

/** How many logins may begin while one session is taken over. */
const ATTEMPTS = 10;

export interface TakeOverDeps {
  store: Store;
  memory: Memory;
  credentials: CredentialStore;
  alerts: Alerts;
  clock: Clock;
}

/**
 * Takes over a session that no login of the fleet has brought. It gets a generation above every login that runs: none of
 * them replaces it. From then on it is a session like any other.
 *
 * Rejects with `CONFIGURATION_ERROR` (its headers need credentials that are not there), `STORE_UNAVAILABLE`.
 */
export function createTakeOver({ store, memory, credentials, alerts, clock }: TakeOverDeps) {
  return async function takeOver(
    service: PlatformService,
    documentOf: (login: number, now: number) => SessionDocument,
  ): Promise<void> {
    await store.open();
    const now = clock.now();
    const slot = memory.at(service);
    let login = slot.highestLogin + 1;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const current = await memory.prepare(service, documentOf(login, now), { login, revision: 0 });
      const free = await store.takeOver(slot.keys, { login, document: current.document, now });
      if (free === login) {
        slot.withoutRedis = { notBefore: 0, attempts: 0 };
        memory.keep(slot, current);
        await keepRefresh(service, current);
        await resolveNeedsPerson(alerts, service);
        return;
      }
      login = free;
    }
    throw loginInProgress(1);
  };

  /** What renewed the session before would bring that one back. */
  async function keepRefresh(service: PlatformService, { document }: CurrentSession): Promise<void> {
    const { keys } = memory.at(service);
    const { definition, account } = service;
    const { code, auth } = definition;
    if (!auth.login?.refresh) return;
    const current = await credentials.current(code, account).catch(() => undefined);
    const { values, jar } = document;
    const state = { values, jar, credentialVersion: current ? markOf(current) : '' };
    const kept =
      Object.keys(values).length > 0
        ? store.keepRefresh(keys, state, auth.sessionTimeoutSeconds * 1_000)
        : store.dropRefresh(keys);
    await kept.catch(() => undefined);
  }
}
