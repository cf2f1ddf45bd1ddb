import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { revisionKey, serviceKey } from '../../../lib/registry/keys.ts';
import type { ServiceRegistry } from '../../../lib/registry/registry.ts';
import { createRevisions } from '../../../lib/registry/revisions.ts';
import type { Revisions } from '../../../lib/registry/revisions.ts';
import { createServiceRegistry } from '../../../lib/registry/store.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import type { DynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const definition = (code: string, change: Record<string, unknown> = {}) => ({
  code,
  name: code,
  baseUrl: 'https://any.example',
  auth: { type: 'NONE' },
  ...change,
});

let stores: TestStores;
let wire: DynamoDbWire;
let registry: ServiceRegistry;
let revisions: Revisions;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(async () => {
  wire = await startDynamoDbWire({ upstream: stores.config.endpoints.dynamodb!, stage: stores.stage });
  const onWire = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 1 });
  const { documents, names } = stores;
  registry = open(onWire);
  revisions = createRevisions({ documents, table: names.tables.registry, cursors });
});
afterEach(() => wire.stop());

const open = (documents: Documents) =>
  createServiceRegistry({ documents, names: stores.names, isLocal: false, clock: systemClock });

const numbers = async (code: string) => (await revisions.list(code)).items.map(({ revision }) => revision);
const timeoutAt = async (code: string, revision: number) =>
  (await revisions.get(code, revision)).definition?.['timeoutSeconds'];

/** As code that keeps no revisions does it: the row of the service, and nothing else. */
const writeAsBefore = (code: string, revision: number, change: Record<string, unknown>) =>
  stores.documents.put(stores.names.tables.registry, {
    ...serviceKey(code),
    document: JSON.stringify(definition(code, change)),
    revision,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: `2026-01-0${revision}T00:00:00.000Z`,
  });

describe('revisions', () => {
  it('keeps each document with its time and writer, across a delete too', async () => {
    await registry.put('REV_ONE', definition('REV_ONE'), { by: 'key-1' });
    await registry.put('REV_ONE', definition('REV_ONE', { timeoutSeconds: 5 }), { by: 'user:ann' });
    await registry.delete('REV_ONE', { by: 'user:bob' });
    const back = await registry.put('REV_ONE', definition('REV_ONE', { timeoutSeconds: 6 }));
    expect(back).toMatchObject({ revision: 4, created: true });
    const { items, cursor } = await revisions.list('REV_ONE');
    expect(cursor).toBeUndefined();
    expect(items.map(({ revision, by, deleted }) => [revision, by, deleted])).toEqual([
      [4, null, undefined],
      [3, 'user:bob', true],
      [2, 'user:ann', undefined],
      [1, 'key-1', undefined],
    ]);
    expect(items.every(({ at }) => Number.isFinite(Date.parse(at)))).toBe(true);
    expect(await timeoutAt('REV_ONE', 1)).toBe(30);
    expect(await timeoutAt('REV_ONE', 2)).toBe(5);
    expect(await revisions.get('REV_ONE', 3)).toMatchObject({ definition: null, document: undefined });
    await expect(revisions.get('REV_ONE', 5)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('makes none of the same document', async () => {
    await registry.put('REV_SAME', definition('REV_SAME'));
    await registry.put('REV_SAME', definition('REV_SAME', { timeoutSeconds: 30 }));
    expect(await numbers('REV_SAME')).toEqual([1]);
  });

  it('lists in pages, each once, also of ten and more', async () => {
    for (let timeoutSeconds = 1; timeoutSeconds <= 11; timeoutSeconds++) {
      await registry.put('REV_PAGES', definition('REV_PAGES', { timeoutSeconds }));
    }
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await revisions.list('REV_PAGES', { limit: 4, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map(({ revision }) => revision));
      cursor = page.cursor;
    } while (cursor);
    expect(seen).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await expect(revisions.list('REV_PAGES', { cursor: 'x' })).rejects.toMatchObject({
      fields: [{ field: 'cursor' }],
    });
  });

  it('compares with the one before it, or with another; a default is no difference', async () => {
    await registry.put('REV_DIFF', definition('REV_DIFF', { name: 'a' }));
    await registry.put('REV_DIFF', definition('REV_DIFF', { name: 'a', timeoutSeconds: 5 }));
    await registry.put('REV_DIFF', definition('REV_DIFF', { name: 'b', timeoutSeconds: 30 }));
    expect(await revisions.diff('REV_DIFF', 2)).toEqual([{ path: 'timeoutSeconds', before: 30, after: 5 }]);
    expect(await revisions.diff('REV_DIFF', 3, 1)).toEqual([{ path: 'name', before: 'a', after: 'b' }]);
    expect(await revisions.diff('REV_DIFF', 1, 3)).toEqual([{ path: 'name', before: 'b', after: 'a' }]);
    expect(await revisions.diff('REV_DIFF', 1)).toContainEqual({ path: 'name', after: 'a' });
    await registry.delete('REV_DIFF');
    expect(await revisions.diff('REV_DIFF', 4)).toContainEqual({ path: 'name', before: 'b' });
    await expect(revisions.diff('REV_DIFF', 1, 9)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('shows as it was written what is valid no more', async () => {
    await registry.put('REV_OLD', definition('REV_OLD'));
    const table = stores.names.tables.registry;
    const row = (await stores.documents.get(table, revisionKey('REV_OLD', 1)))!;
    const document = JSON.stringify(definition('REV_OLD', { timeoutSeconds: 'soon' }));
    await stores.documents.put(table, { ...row, document });
    const { definition: shown, document: kept } = await revisions.get('REV_OLD', 1);
    expect(shown).toEqual(JSON.parse(document));
    await expect(registry.put('REV_OLD', kept)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'timeoutSeconds' }],
    });
  });
});

describe('with code that keeps no revisions (D3)', () => {
  it('shows what it stored, and keeps it from the next write on', async () => {
    await writeAsBefore('REV_D3', 2, { timeoutSeconds: 7 });
    expect(await revisions.list('REV_D3')).toEqual({
      items: [{ revision: 2, at: '2026-01-02T00:00:00.000Z', by: null }],
    });
    expect(await timeoutAt('REV_D3', 2)).toBe(7);
    await registry.put('REV_D3', definition('REV_D3', { timeoutSeconds: 8 }), { by: 'me' });
    expect(await numbers('REV_D3')).toEqual([3, 2]);
    expect(await timeoutAt('REV_D3', 2)).toBe(7);
    expect(await revisions.diff('REV_D3', 3)).toEqual([{ path: 'timeoutSeconds', before: 7, after: 8 }]);

    await writeAsBefore('REV_D3', 4, { timeoutSeconds: 9 });
    expect(await numbers('REV_D3')).toEqual([4, 3, 2]);
    const page = await revisions.list('REV_D3', { limit: 1 });
    expect(page.items).toMatchObject([{ revision: 4 }]);
    const next = await revisions.list('REV_D3', { limit: 5, cursor: page.cursor! });
    expect(next.items.map(({ revision }) => revision)).toEqual([3, 2]);
    await registry.delete('REV_D3');
    expect(await numbers('REV_D3')).toEqual([5, 4, 3, 2]);
    expect(await timeoutAt('REV_D3', 4)).toBe(9);
  });

  it('goes on above every number it has kept when the row of a service was set back', async () => {
    await registry.put('REV_BACK', definition('REV_BACK', { timeoutSeconds: 1 }));
    await registry.put('REV_BACK', definition('REV_BACK', { timeoutSeconds: 2 }));
    await writeAsBefore('REV_BACK', 1, { timeoutSeconds: 1 });
    expect(await registry.put('REV_BACK', definition('REV_BACK', { timeoutSeconds: 3 }))).toMatchObject({
      revision: 3,
    });
    expect(await timeoutAt('REV_BACK', 2)).toBe(2);
  });
});

describe('revisions on a bad wire (A5)', () => {
  const faults = [
    'lost-request',
    'lost-reply',
    'reset-answer',
    'conflict',
    'throttled',
    'late-request',
  ] as const;

  it.each(faults)('%s: never a current one without its revision, nor the other way round', async (fault) => {
    const code = `REV_${fault.replace('-', '_').toUpperCase()}`;
    await registry.put(code, definition(code));
    for (let timeoutSeconds = 1; timeoutSeconds <= 5; timeoutSeconds++) {
      // A write reads three times, then stores: each fault meets each of them, and one that comes after.
      wire.meet(...Array<'none'>(timeoutSeconds % 5).fill('none'), fault);
      await registry.put(code, definition(code, { timeoutSeconds })).catch(() => undefined);
      await wire.deliverLate();
      const stored = (await open(stores.documents).get(code))!;
      expect((await numbers(code))[0]).toBe(stored.revision);
      expect(await timeoutAt(code, stored.revision)).toBe(stored.definition.timeoutSeconds);
    }
    const kept = await numbers(code);
    expect(kept).toEqual(kept.map((_, index) => kept.length - index));
  });

  it('writers at once: every document is kept, and no number means two', async () => {
    await registry.put('REV_RACE', definition('REV_RACE'));
    const wanted = [1, 2, 3, 4, 5];
    const stored = await Promise.all(
      wanted.map((timeoutSeconds) => registry.put('REV_RACE', definition('REV_RACE', { timeoutSeconds }))),
    );
    expect(new Set(stored.map(({ revision }) => revision))).toEqual(new Set([2, 3, 4, 5, 6]));
    for (const { revision, definition } of stored) {
      expect(await timeoutAt('REV_RACE', revision)).toBe(definition.timeoutSeconds);
    }
  });
});
