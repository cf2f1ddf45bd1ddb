import { describe, expect, it } from 'vitest';
import { createApiKeys } from '../../../lib/access/api-keys.ts';
import { names } from '../../../lib/runtime/config.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';

const DOWN = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'Down.'));

/** The table of keys in memory, and how often it was asked. */
function setUp() {
  let at = 1_000_000;
  let reads = 0;
  const items = new Map<unknown, Item>();
  const documents = {
    put: async (_table: string, item: Item) => void items.set(item['sk'], item),
    get: async (_table: string, key: Item) => ((reads += 1), items.get(key['sk'])),
    delete: async (_table: string, key: Item) => void items.delete(key['sk']),
    query: async () => ({ items: [...items.values()] }),
  } as unknown as Documents;
  const open = ({ secretsDown = false, tableDown = false } = {}) =>
    createApiKeys({
      documents: tableDown ? { ...documents, get: DOWN } : documents,
      names: names('t'),
      clock: { now: () => at, sleep: () => Promise.reject(new Error('Nobody sleeps here.')) },
      random: systemRandom,
      wellKnown: secretsDown ? DOWN : () => Promise.resolve([{ id: 'admin-key', key: 'gh_well-known' }]),
    });
  return { open, forward: (ms: number) => void (at += ms), reads: () => reads };
}

const NOBODY = { role: 'none', id: '' };

describe('who a key is', () => {
  it('is looked up once in five seconds', async () => {
    const { open, forward, reads } = setUp();
    const keys = open();
    const { key, id } = await keys.create({ name: 'n', role: 'caller', createdBy: 'local' });
    for (let i = 0; i < 5; i++) expect(await keys.identify(key)).toEqual({ role: 'caller', id });
    expect(reads()).toBe(1);
    forward(5_001);
    expect(await keys.identify(key)).toEqual({ role: 'caller', id });
    expect(reads()).toBe(2);
  });

  it('ends at once where the key is revoked, elsewhere within five seconds (H14)', async () => {
    const { open, forward } = setUp();
    const [here, elsewhere] = [open(), open()];
    const { key, id } = await here.create({ name: 'n', role: 'admin', createdBy: 'local' });
    await here.identify(key);
    await elsewhere.identify(key);
    await here.revoke(id);
    expect(await here.identify(key)).toEqual(NOBODY);
    expect(await elsewhere.identify(key)).toEqual({ role: 'admin', id });
    forward(5_001);
    expect(await elsewhere.identify(key)).toEqual(NOBODY);
    await expect(here.revoke(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is asked again after five seconds when it was nobody', async () => {
    const { open, forward, reads } = setUp();
    const keys = open();
    expect(await keys.identify('gh_unknown')).toEqual(NOBODY);
    forward(5_000);
    expect(await keys.identify('gh_unknown')).toEqual(NOBODY);
    expect(reads()).toBe(1);
    forward(1);
    await keys.identify('gh_unknown');
    expect(reads()).toBe(2);
  });

  it('needs no table for what is no key of ours', async () => {
    const { open, reads } = setUp();
    expect(await open().identify('eyJhbGciOiJIUzI1NiJ9')).toEqual(NOBODY);
    expect(reads()).toBe(0);
  });

  it('needs only the store that holds it, on a cold start too (W5)', async () => {
    const { open } = setUp();
    const { key, id } = await open().create({ name: 'n', role: 'caller', createdBy: 'local' });
    expect(await open({ secretsDown: true }).identify(key)).toEqual({ role: 'caller', id });
    expect(await open({ tableDown: true }).identify('gh_well-known')).toEqual({
      role: 'admin',
      id: 'admin-key',
    });
    const unavailable = { code: 'STORE_UNAVAILABLE' };
    await expect(open({ secretsDown: true }).identify('gh_other')).rejects.toMatchObject(unavailable);
    await expect(open({ tableDown: true }).identify('gh_other')).rejects.toMatchObject(unavailable);
  });
});
