import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../lib/runtime/errors.ts';
import { createServiceCatalog } from '../../../lib/registry/catalog.ts';
import { serviceKey } from '../../../lib/registry/keys.ts';
import type { ServiceRegistry } from '../../../lib/registry/registry.ts';
import { createServiceRegistry } from '../../../lib/registry/store.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
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
let registry: ServiceRegistry;
const reported: GatewayError[] = [];

function open(isLocal = false): ServiceRegistry {
  const { documents, names } = stores;
  return createServiceRegistry({
    documents,
    names,
    isLocal,
    clock: systemClock,
    report: (error) => reported.push(error),
  });
}

/** A row as no code of ours writes it. */
const damage = (code: string, row: Record<string, unknown>) =>
  stores.documents.put(stores.names.tables.registry, { ...serviceKey(code), ...row });

beforeAll(async () => {
  stores = await openStores();
  registry = open();
});
afterAll(() => stores.close());

describe('the registry', () => {
  it('creates, counts revisions, replaces, lists and deletes', async () => {
    const created = await registry.put('REG_ONE', definition('REG_ONE'));
    expect(created).toMatchObject({ revision: 1, created: true, definition: { timeoutSeconds: 30 } });
    const changed = await registry.put('REG_ONE', definition('REG_ONE', { timeoutSeconds: 5 }), {
      expectedRevision: 1,
    });
    expect(changed).toMatchObject({ revision: 2, created: false, createdAt: created.createdAt });
    expect(await registry.get('REG_ONE')).toMatchObject({ revision: 2, definition: { timeoutSeconds: 5 } });
    expect((await registry.list()).map(({ definition }) => definition.code)).toContain('REG_ONE');
    await registry.delete('REG_ONE');
    expect(await registry.get('REG_ONE')).toBeUndefined();
    expect((await registry.list()).map(({ definition }) => definition.code)).not.toContain('REG_ONE');
    await expect(registry.delete('REG_ONE')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('makes no revision of the same document, however it is written', async () => {
    await registry.put('REG_SAME', definition('REG_SAME'));
    const { auth, ...rest } = definition('REG_SAME');
    const again = await registry.put('REG_SAME', { auth, timeoutSeconds: 30, ...rest, createdAt: 'x' });
    expect(again).toMatchObject({ revision: 1, created: false });
  });

  it('A5: of two who edit the same revision, one gets REVISION_CONFLICT', async () => {
    await registry.put('REG_RACE', definition('REG_RACE'));
    const edits = [1, 2, 3, 4, 5].map((timeoutSeconds) =>
      registry.put('REG_RACE', definition('REG_RACE', { timeoutSeconds, revision: 1 })),
    );
    const settled = await Promise.allSettled(edits);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const codes = settled.flatMap((each) =>
      each.status === 'rejected' ? [(each.reason as GatewayError).code] : [],
    );
    expect(codes).toEqual(Array(4).fill('REVISION_CONFLICT'));
    expect(await registry.get('REG_RACE')).toMatchObject({ revision: 2 });
  });

  it('A5: without a revision all writers get through, one after the other', async () => {
    const writers = [1, 2, 3, 4].map((timeoutSeconds) =>
      registry.put('REG_OPEN', definition('REG_OPEN', { timeoutSeconds })),
    );
    const revisions = (await Promise.all(writers)).map(({ revision }) => revision);
    expect(new Set(revisions)).toEqual(new Set([1, 2, 3, 4]));
  });

  it('never gives a revision to two documents, even after a delete', async () => {
    await registry.put('REG_AGAIN', definition('REG_AGAIN'));
    await registry.delete('REG_AGAIN', { expectedRevision: 1 });
    await expect(registry.put('REG_AGAIN', definition('REG_AGAIN', { revision: 1 }))).rejects.toMatchObject({
      code: 'REVISION_CONFLICT',
    });
    const again = await registry.put('REG_AGAIN', definition('REG_AGAIN'));
    expect(again.created).toBe(true);
    expect(again.revision).toBeGreaterThan(1);
  });

  it('names what is wrong, and stores nothing of it', async () => {
    const bad = definition('REG_BAD', {
      auth: { type: 'SESSION', login: { submit: { path: '/x', fields: { u: '{{credential.u}}' } } } },
      unknown: 1,
    });
    await expect(registry.put('REG_BAD', bad)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'auth.login.success' }),
        expect.objectContaining({ field: 'auth.login.submit.fields.u' }),
        expect.objectContaining({ field: 'unknown' }),
      ]) as unknown,
    });
    await expect(registry.put('REG_OTHER', definition('REG_BAD'))).rejects.toMatchObject({
      fields: [{ field: 'code' }],
    });
    expect(await registry.get('REG_BAD')).toBeUndefined();
  });

  it.each([
    'http://any.example',
    'https://0x7f.1',
    'https://2130706433',
    'https://[::ffff:a9fe:a9fe]',
    'https://[64:ff9b::7f00:1]',
    'https://169.254.169.254/latest',
    'https://user:pw@any.example',
    'https://localhost',
    'https://any.example/a/../b',
    'http://127.0.0.1:8080',
  ])('P1: refuses %s', async (baseUrl) => {
    await expect(registry.put('REG_URL', definition('REG_URL', { baseUrl }))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: expect.arrayContaining([expect.objectContaining({ field: 'baseUrl' })]) as unknown,
    });
  });

  it('allows loopback over http in stage local', async () => {
    const local = open(true);
    const put = await local.put('REG_LOCAL', definition('REG_LOCAL', { baseUrl: 'http://127.0.0.1:8080' }));
    expect(put.definition.baseUrl).toBe('http://127.0.0.1:8080');
  });

  it('survives rows it cannot read: a named error, the others listed, and a new document over it', async () => {
    await registry.put('REG_GOOD', definition('REG_GOOD'));
    await damage('REG_JUNK', { document: '{"not json', revision: 3 });
    await damage('REG_HOLLOW', { revision: 'x' });
    await damage('REG_STRANGE', { document: JSON.stringify(definition('REG_GOOD')), revision: 1 });
    for (const code of ['REG_JUNK', 'REG_HOLLOW', 'REG_STRANGE']) {
      await expect(registry.get(code)).rejects.toMatchObject({
        code: 'CONFIGURATION_ERROR',
        message: expect.stringContaining(code) as unknown,
      });
    }
    reported.length = 0;
    expect((await registry.list()).map(({ definition }) => definition.code)).toContain('REG_GOOD');
    expect(reported).toHaveLength(3);
    expect(await registry.put('REG_JUNK', definition('REG_JUNK'))).toMatchObject({ revision: 4 });
    expect(await registry.put('REG_HOLLOW', definition('REG_HOLLOW'))).toMatchObject({ revision: 1 });
    await registry.delete('REG_STRANGE');
  });

  it('D3: reads what a newer version wrote', async () => {
    const document = JSON.stringify(definition('REG_NEWER', { invented: { later: true } }));
    await damage('REG_NEWER', { document, revision: 7, createdAt: 'x', updatedAt: 'y' });
    expect(await registry.get('REG_NEWER')).toMatchObject({ revision: 7, definition: { code: 'REG_NEWER' } });
  });
});

describe('the catalog', () => {
  it('finds what is there, reads it once in 30 s, and forgets on demand', async () => {
    await registry.put('CAT_ONE', definition('CAT_ONE'));
    const catalog = createServiceCatalog(registry, systemClock);
    expect((await catalog.find('CAT_ONE')).revision).toBe(1);
    await registry.put('CAT_ONE', definition('CAT_ONE', { timeoutSeconds: 9 }));
    expect((await catalog.find('CAT_ONE')).revision).toBe(1);
    catalog.forget('CAT_ONE');
    expect((await catalog.find('CAT_ONE')).revision).toBe(2);
    expect((await catalog.list()).length).toBeGreaterThan(0);
  });

  it('says NOT_FOUND, of what is created a moment later only until then', async () => {
    const catalog = createServiceCatalog(registry, systemClock);
    await expect(catalog.find('CAT_LATER')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(catalog.find('../../etc/passwd')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await registry.put('CAT_LATER', definition('CAT_LATER'));
    expect((await catalog.find('CAT_LATER')).revision).toBe(1);
  });
});

describe('what another service has already', () => {
  const session = (keyPrefix?: string) => ({
    auth: {
      type: 'SESSION',
      ...(keyPrefix === undefined ? {} : { keyPrefix }),
      login: { submit: { path: '/login', fields: {} }, success: { status: 302 } },
    },
  });

  it('H10: a webhook path leads to one service; its own stays its own', async () => {
    const first = definition('PATH_A', { webhook: { path: 'taken' } });
    await registry.put('PATH_A', first);
    await expect(
      registry.put('PATH_B', definition('PATH_B', { webhook: { path: 'taken' } })),
    ).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'webhook.path', message: 'is taken by PATH_A' }],
    });
    expect(await registry.get('PATH_B')).toBeUndefined();
    await registry.put('PATH_A', { ...first, name: 'renamed' });
    await registry.put('PATH_B', definition('PATH_B', { webhook: { path: 'free' } }));
  });

  it.each([
    ['said', 'both:'],
    ['the default of the other', 'gateway:prefix_a:'],
  ])('H10: a key prefix holds one session (%s)', async (_name, prefix) => {
    await registry.put('PREFIX_A', definition('PREFIX_A', session(prefix === 'both:' ? prefix : undefined)));
    await expect(registry.put('PREFIX_B', definition('PREFIX_B', session(prefix)))).rejects.toMatchObject({
      fields: [{ field: 'auth.keyPrefix', message: 'is taken by PREFIX_A' }],
    });
  });

  it('a book that holds one currency takes no other', async () => {
    const { documents, names } = stores;
    const holding = createServiceRegistry({
      documents,
      names,
      isLocal: false,
      clock: systemClock,
      currencyOf: async (book) => (book === 'vault' ? 'GOLD' : undefined),
    });
    const partner = (settings: object) => definition('VAULT_P', { webhook: { path: 'vault' }, settings });
    await expect(
      holding.put('VAULT_P', partner({ book: 'vault', currencyType: 'SILVER' })),
    ).rejects.toMatchObject({
      fields: [{ field: 'settings.currencyType', message: 'is SILVER, but the book vault holds GOLD' }],
    });
    await holding.put('VAULT_P', partner({ book: 'vault', currencyType: 'GOLD' }));
    await holding.put('VAULT_P', partner({ book: 'empty', currencyType: 'SILVER' }));
  });
});
