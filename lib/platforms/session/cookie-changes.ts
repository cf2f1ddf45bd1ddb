import { isDeepStrictEqual } from 'node:util';
import type { PlatformService } from '../definition.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { SessionDocument } from './document.ts';
import { formatGeneration, parseGeneration } from './generation.ts';
import { jarFingerprint, withSetCookies } from '../cookies/jar.ts';
import { loginOfSession } from './process-memory.ts';
import type { CurrentSession, Memory, ServiceSlot } from './process-memory.ts';
import type { LiveSession } from './sessions.ts';
import type { Store } from './store.ts';

/** `last_accessed` and prolonged expiries are written at most this often, milliseconds. */
const WRITE_EVERY_MS = 60_000;
/** How often a change is tried again on top of another process's. */
const ATTEMPTS = 4;

/**
 * Cookies that answers set, and values that they renew. Most platforms repeat the same line on every answer: a look into a map skips it.
 * What changes a `Cookie` header becomes revision R+1, for the whole fleet; what only prolongs a cookie is
 * kept here and written now and then.
 */
export function createCookieChanges(deps: { store: Store; memory: Memory; clock: Clock }) {
  const { store, memory, clock } = deps;

  async function observe(
    service: PlatformService,
    session: LiveSession,
    url: string,
    setCookies: string[],
  ): Promise<void> {
    if (setCookies.length === 0) return;
    const slot = memory.at(service);
    const login = loginOfSession(session);
    if (slot.current?.login !== login) return;
    const fresh = unapplied(slot, url, setCookies);
    if (fresh.length === 0) return;
    slot.changes = slot.changes.then(() => change(service, slot, login, url, fresh)).catch(() => undefined);
    await slot.changes;
  }

  /** Lines that may change something, in order; from now on they count as applied. */
  function unapplied(slot: ServiceSlot, url: string, lines: string[]): string[] {
    const now = clock.now();
    const directory = url.slice(0, endOfDirectory(url));
    return lines.filter((line) => {
      const name = `${directory} ${line.slice(0, line.indexOf('='))}`;
      const known = slot.applied.get(name);
      if (known?.line === line && now < known.until) return false;
      slot.applied.set(name, { line, until: now + repeatAfter(line) });
      return true;
    });
  }

  /** Keeps new values with the session, as revision R+1. Without Redis, or on a session that is gone: for this call. */
  async function learn(
    service: PlatformService,
    session: LiveSession,
    values: Record<string, unknown>,
  ): Promise<LiveSession> {
    const slot = memory.at(service);
    const login = loginOfSession(session);
    const made = slot.changes.then(() =>
      changeDocument(service, slot, login, (document) => ({
        ...document,
        values: { ...document.values, ...values },
      })),
    );
    slot.changes = made.catch(() => undefined);
    await slot.changes;
    const { current } = slot;
    if (current?.login === login) return current.live;
    return { ...session, values: { ...session.values, ...values } };
  }

  const change = (
    service: PlatformService,
    slot: ServiceSlot,
    login: number,
    url: string,
    lines: string[],
  ): Promise<void> =>
    changeDocument(service, slot, login, (document) => {
      const jar = withSetCookies(document.jar, url, lines, clock.now());
      return jarFingerprint(jar, true) === jarFingerprint(document.jar, true)
        ? undefined
        : { ...document, jar };
    });

  /** @param changed the document as it should be, `undefined`: as it is. Asked again on top of another process's change. */
  async function changeDocument(
    service: PlatformService,
    slot: ServiceSlot,
    login: number,
    changed: (document: SessionDocument) => SessionDocument | undefined,
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { current } = slot;
      if (current?.login !== login) return;
      const document = changed(current.document);
      if (!document) return;
      const same = sendsTheSame(document, current.document);
      const from = parseGeneration(current.generation)!;
      const to = same ? from : { login, revision: from.revision + 1 };
      const next = await memory.prepare(service, document, to);
      // Nobody has looked at what is stored.
      if (same) return replace(slot, current, { ...next, confirmedAt: current.confirmedAt });
      if (await written(slot, current, next)) return;
      if (!(await reload(service, slot, login))) return;
    }
  }

  /** `false`: another process changed this session first. */
  async function written(slot: ServiceSlot, current: CurrentSession, next: CurrentSession): Promise<boolean> {
    const from = parseGeneration(current.generation)!;
    const to = parseGeneration(next.generation)!;
    const answer = current.unsaved
      ? undefined
      : await store.update(slot.keys, from, to, next.document).catch(() => undefined);
    if (answer === false) return false;
    // Redis did not store it: calls of this process use the new cookies, which are stored when Redis is back.
    if (answer === undefined) next.unsaved = true;
    else slot.lastWrittenAt = clock.now();
    replace(slot, current, next);
    return true;
  }

  function replace(slot: ServiceSlot, current: CurrentSession, next: CurrentSession): void {
    if (slot.current !== current) return;
    next.unsaved ||= current.unsaved;
    slot.current = next;
  }

  /** Takes what another process stored for the same login; `false` when nothing is stored. */
  async function reload(service: PlatformService, slot: ServiceSlot, login: number): Promise<boolean> {
    const stored = await store.current(slot.keys);
    if (stored?.generation.login !== login) return false;
    slot.current = await memory.prepare(service, stored.document, stored.generation);
    return true;
  }

  /** Writes `last_accessed` now and then, without delaying the call. Never rejects. */
  async function touch(slot: ServiceSlot): Promise<void> {
    const { current } = slot;
    const now = clock.now();
    if (!current || current.unsaved || now - slot.lastWrittenAt < WRITE_EVERY_MS) return;
    slot.lastWrittenAt = now;
    const generation = parseGeneration(current.generation)!;
    const document = { ...current.document, last_accessed: new Date(now).toISOString() };
    await store.update(slot.keys, generation, generation, document).catch(() => undefined);
  }

  /** Stores what could not be stored while Redis was unavailable; `true`: it is stored now. */
  async function save(slot: ServiceSlot, current: CurrentSession): Promise<boolean> {
    const { login, document } = current;
    const generation = formatGeneration({ login, revision: 0 });
    const saved = await store
      .store(slot.keys, {
        owner: 'saved-late',
        login,
        document: { ...document, generation },
        tookMs: 0,
        now: clock.now(),
      })
      .catch(() => undefined);
    if (!saved) return false;
    current.unsaved = false;
    current.generation = generation;
    current.live = { ...current.live, generation };
    return true;
  }

  return { observe, learn, touch, save };
}

/** Calls go out alike: what only prolongs a cookie changes nothing for others. */
const sendsTheSame = (one: SessionDocument, other: SessionDocument): boolean =>
  jarFingerprint(one.jar, false) === jarFingerprint(other.jar, false) &&
  isDeepStrictEqual(one.values, other.values);

/** A line without `Max-Age` always has the same effect; one with it is applied again after a quarter of that time. */
function repeatAfter(line: string): number {
  const match = /;\s*max-age\s*=\s*(-?\d+)/i.exec(line);
  return match ? Math.min(30_000, Math.max(0, Number(match[1])) * 250) : Number.POSITIVE_INFINITY;
}

/** The default path of RFC 6265 5.1.4 depends on the URL up to its last slash. */
function endOfDirectory(url: string): number {
  const query = url.search(/[?#]/);
  return url.lastIndexOf('/', query < 0 ? url.length : query) + 1;
}
