import { Definition } from '../../../../lib/registry/definition.ts';
import type { DefinitionInput, RegisteredService } from '../../../../lib/registry/definition.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';

let made = 0;

/** A service nobody else counts for: Redis is shared between tests. */
export function service(extra: Partial<DefinitionInput> = {}): RegisteredService {
  const code = `GUARD_${process.pid}_${Date.now().toString(36).toUpperCase()}_${++made}`;
  const definition = Definition.parse({
    code,
    name: 'guarded',
    baseUrl: 'https://platform.example.com',
    auth: { type: 'NONE' },
    ...extra,
  });
  const at = '2026-11-21T00:00:00.000Z';
  return { definition, revision: 1, createdAt: at, updatedAt: at };
}

/** A clock that stands until it is set. */
export function standingClock(iso: string): Clock & { advance(ms: number): void; set(iso: string): void } {
  let now = Date.parse(iso);
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error('Nobody sleeps here.')),
    advance: (ms) => void (now += ms),
    set: (iso) => void (now = Date.parse(iso)),
  };
}
