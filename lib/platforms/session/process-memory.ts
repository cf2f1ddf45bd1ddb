import { LRUCache } from 'lru-cache';
import type { PlatformService } from '../definition.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { secretValues } from '../../access/credentials/values.ts';
import { momentOf } from '../../definition/template/scope.ts';
import type { Clock } from '../../runtime/clock.ts';
import { isSecretValue } from '../../text/redaction/names.ts';
import { formatGeneration, parseGeneration } from './generation.ts';
import type { Generation } from './generation.ts';
import type { SessionDocument } from './document.ts';
import { sessionKeys } from './keys.ts';
import type { SessionKeys } from './keys.ts';
import {
  CookieHeaders,
  cookieValues,
  headersNeedCredentials,
  renderSessionHeaders,
} from '../cookies/session-cookies.ts';
import type { Remembered } from './session-state.ts';
import type { LiveSession } from './sessions.ts';

/** A session as this process holds it: ready for calls, and what it takes to change and store it. */
export interface CurrentSession extends Remembered {
  live: LiveSession;
  login: number;
  document: SessionDocument;
  /** Revision of the definition its headers were rendered by. */
  definitionRevision: number;
  /** Redis did not take it: to be stored when it is back. */
  unsaved: boolean;
}

/** `Set-Cookie` lines remembered per session: a platform that never repeats one must not fill memory. */
const MAX_LINES = 500;

/** What this process knows of one service, or of one account of it. */
export interface ServiceSlot {
  keys: SessionKeys;
  current: CurrentSession | undefined;
  /** Logins whose session the platform has refused, the latest last. */
  rejectedLogins: number[];
  /** Highest login counter seen. */
  highestLogin: number;
  /** The one attempt that runs in this process; other callers join it. */
  pendingLogin: Promise<Outcome> | undefined;
  /** Without Redis: when this process may log in again, and how often it has in a row. */
  withoutRedis: { notBefore: number; attempts: number };
  /** `Set-Cookie` lines applied to `current`: directory and name → line, and until when it needs no repeat. */
  applied: LRUCache<string, { line: string; until: number }>;
  /** Cookie changes are applied one after the other. */
  changes: Promise<void>;
  lastWrittenAt: number;
}

export interface Outcome {
  current: CurrentSession;
  how: 'taken' | 'login' | 'backup';
}

/** Sessions of this process, by service and key prefix. */
export function createMemory(deps: { credentials: CredentialStore; clock: Clock }) {
  const { credentials, clock } = deps;
  const slots = new Map<string, ServiceSlot>();

  function at(service: PlatformService): ServiceSlot {
    const keys = sessionKeys(service.definition, service.account);
    const id = `${service.definition.code} ${keys.prefix}`;
    let slot = slots.get(id);
    if (!slot) {
      slot = {
        keys,
        current: undefined,
        rejectedLogins: [],
        highestLogin: 0,
        pendingLogin: undefined,
        withoutRedis: { notBefore: 0, attempts: 0 },
        applied: new LRUCache({ max: MAX_LINES }),
        changes: Promise.resolve(),
        lastWrittenAt: clock.now(),
      };
      slots.set(id, slot);
    }
    return slot;
  }

  /**
   * Of the session: also to mask them in what the platform answers. Only where headers are made of them they must be
   * there; a session that only people open has none.
   */
  async function credentialsOf({ definition, account }: PlatformService): Promise<Record<string, string>> {
    const areNeeded = headersNeedCredentials(definition);
    if (!areNeeded && !definition.auth.login) return {};
    const known = credentials.current(definition.code, account).then((version) => version.values);
    return areNeeded ? known : known.catch(() => ({}));
  }

  /** Makes a stored session ready for calls; does not keep it. */
  async function prepare(
    service: PlatformService,
    stored: SessionDocument,
    generation: Generation,
  ): Promise<CurrentSession> {
    const { definition, revision } = service;
    const now = clock.now();
    const values = await credentialsOf(service);
    const cookies = cookieValues(stored.jar, definition.baseUrl, now);
    const rendered = renderSessionHeaders(definition, {
      cookie: cookies,
      session: stored.values,
      credentials: values,
      now: momentOf(now),
    });
    const own = stored.own_headers;
    const headers = { ...own, ...rendered };
    const text = formatGeneration(generation);
    const jar = new CookieHeaders(stored.jar, () => clock.now());
    return {
      live: {
        generation: text,
        headers,
        values: stored.values,
        secrets: [...secretValues(values), ...secretsOfHeaders(own)],
        cookieHeader: (url) => jar.for(url).header,
        cookies: (url) => jar.for(url).pairs,
      },
      login: generation.login,
      generation: text,
      document: { ...stored, cookies, headers, generation: text },
      definitionRevision: revision,
      expiresAt: Date.parse(stored.expires_at),
      confirmedAt: now,
      unsaved: false,
    };
  }

  function keep(slot: ServiceSlot, current: CurrentSession): CurrentSession {
    if (slot.current?.login !== current.login) {
      slot.applied.clear();
      slot.lastWrittenAt = clock.now();
    }
    slot.current = current;
    slot.highestLogin = Math.max(slot.highestLogin, current.login);
    return current;
  }

  /** The platform refused this login: this process uses it for no further call. */
  function reject(slot: ServiceSlot, login: number): void {
    if (!slot.rejectedLogins.includes(login)) slot.rejectedLogins = [...slot.rejectedLogins, login].slice(-8);
    if (slot.current?.login === login) slot.current = undefined;
    slot.highestLogin = Math.max(slot.highestLogin, login);
  }

  return {
    at,
    prepare,
    keep,
    reject,
    forget: (service: PlatformService) => void (at(service).current = undefined),
  };
}

export type Memory = ReturnType<typeof createMemory>;

/** `Bearer abc`: the second word is the secret. */
const secretsOfHeaders = (headers: Record<string, string>): string[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    isSecretValue(name, value) ? [value, ...value.split(' ').slice(1)] : [],
  );

/** The login a live session came from. */
export function loginOfSession(session: LiveSession): number {
  return parseGeneration(session.generation)?.login ?? 0;
}
