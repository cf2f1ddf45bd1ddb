import type { RegisteredService } from '../../registry/definition.ts';
import type { Clock } from '../../runtime/clock.ts';
import { formatGeneration, parseGeneration } from './generation.ts';
import { jarFingerprint, withSetCookies } from '../cookies/jar.ts';
import { loginOfSession } from './process-memory.ts';
import type { HeldSession, Memory, Place } from './process-memory.ts';
import type { LiveSession } from './sessions.ts';
import type { Store } from './store.ts';

/** `last_accessed` and prolonged expiries are written at most this often, milliseconds. */
export const WRITE_EVERY_MS = 60_000;
/** How often a change is tried again on top of another process's. */
const ATTEMPTS = 4;
/** Lines remembered per session: a platform that never repeats one must not fill memory. */
const REMEMBERED_LINES = 500;

/**
 * Cookies that answers set. Most platforms repeat the same line on every answer: a look into a map skips it.
 * What changes a `Cookie` header becomes revision R+1, for the whole fleet; what only prolongs a cookie is
 * kept here and written now and then.
 */
export function createCookieChanges(deps: { store: Store; memory: Memory; clock: Clock }) {
  const { store, memory, clock } = deps;

  async function observe(
    service: RegisteredService,
    session: LiveSession,
    url: string,
    setCookies: string[],
  ): Promise<void> {
    if (setCookies.length === 0) return;
    const place = memory.at(service);
    const login = loginOfSession(session);
    if (place.held?.login !== login) return;
    const fresh = unapplied(place, url, setCookies);
    if (fresh.length === 0) return;
    place.changes = place.changes
      .then(() => change(service, place, login, url, fresh))
      .catch(() => undefined);
    await place.changes;
  }

  /** Lines that may change something, in order; from now on they count as applied. */
  function unapplied(place: Place, url: string, lines: string[]): string[] {
    const now = clock.now();
    const directory = url.slice(0, endOfDirectory(url));
    return lines.filter((line) => {
      const name = `${directory} ${line.slice(0, line.indexOf('='))}`;
      const known = place.applied.get(name);
      if (known?.line === line && now < known.until) return false;
      if (place.applied.size >= REMEMBERED_LINES) place.applied.clear();
      place.applied.set(name, { line, until: now + repeatAfter(line) });
      return true;
    });
  }

  async function change(
    service: RegisteredService,
    place: Place,
    login: number,
    url: string,
    lines: string[],
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { held } = place;
      if (held?.login !== login) return;
      const before = held.document.jar;
      const jar = withSetCookies(before, url, lines, clock.now());
      if (jarFingerprint(jar, true) === jarFingerprint(before, true)) return;
      const same = jarFingerprint(jar, false) === jarFingerprint(before, false);
      const from = parseGeneration(held.generation)!;
      const to = same ? from : { login, revision: from.revision + 1 };
      const next = await memory.prepare(service, { ...held.document, jar }, to);
      if (same) return replace(place, held, next);
      if (await written(place, held, next)) return;
      if (!(await reload(service, place, login))) return;
    }
  }

  /** `false`: another process changed this session first. */
  async function written(place: Place, held: HeldSession, next: HeldSession): Promise<boolean> {
    const from = parseGeneration(held.generation)!;
    const to = parseGeneration(next.generation)!;
    const answer = held.unsaved
      ? undefined
      : await store.update(place.keys, from, to, next.document).catch(() => undefined);
    if (answer === false) return false;
    // Redis did not take it: our own calls go on with the new cookies, stored when it is back.
    if (answer === undefined) next.unsaved = true;
    else place.lastWrittenAt = clock.now();
    replace(place, held, next);
    return true;
  }

  function replace(place: Place, held: HeldSession, next: HeldSession): void {
    if (place.held !== held) return;
    next.unsaved ||= held.unsaved;
    place.held = next;
  }

  /** Takes what another process stored of the same login; `false` when there is no such thing. */
  async function reload(service: RegisteredService, place: Place, login: number): Promise<boolean> {
    const stored = await store.current(place.keys);
    if (stored?.generation.login !== login) return false;
    place.held = await memory.prepare(service, stored.document, stored.generation);
    return true;
  }

  /** Writes `last_accessed`, lazily and beside the call. Never rejects. */
  async function touch(place: Place): Promise<void> {
    const { held } = place;
    const now = clock.now();
    if (!held || held.unsaved || now - place.lastWrittenAt < WRITE_EVERY_MS) return;
    place.lastWrittenAt = now;
    const generation = parseGeneration(held.generation)!;
    const document = { ...held.document, last_accessed: new Date(now).toISOString() };
    await store.update(place.keys, generation, generation, document).catch(() => undefined);
  }

  /** Stores what Redis did not take when it was away; `true` when it stands there now. */
  async function save(place: Place, held: HeldSession): Promise<boolean> {
    const { login, document } = held;
    const generation = formatGeneration({ login, revision: 0 });
    const saved = await store
      .store(place.keys, {
        owner: 'saved-late',
        login,
        document: { ...document, generation },
        tookMs: 0,
        now: clock.now(),
      })
      .catch(() => false);
    if (!saved) return false;
    held.unsaved = false;
    held.generation = generation;
    held.live = { ...held.live, generation };
    return true;
  }

  return { observe, touch, save };
}

export type CookieChanges = ReturnType<typeof createCookieChanges>;

/** A line without `Max-Age` does the same for ever; one with it is repeated before a quarter of it has passed. */
function repeatAfter(line: string): number {
  const match = /;\s*max-age\s*=\s*(-?\d+)/i.exec(line);
  return match ? Math.min(30_000, Math.max(0, Number(match[1])) * 250) : Number.POSITIVE_INFINITY;
}

/** The default path of RFC 6265 5.1.4 depends on the URL up to its last slash. */
function endOfDirectory(url: string): number {
  const query = url.search(/[?#]/);
  return url.lastIndexOf('/', query < 0 ? url.length : query) + 1;
}
