import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Item } from '../../../lib/vendors/dynamodb/documents.ts';
import { append } from '../../../lib/watch/audit/append.ts';
import type { AuditStore } from '../../../lib/watch/audit/append.ts';
import { auditedFor } from '../../../lib/watch/audit/audited.ts';
import { HEAD_KEY, PARTITION, entryItem, hashOf, readEntry } from '../../../lib/watch/audit/entry.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { nightlyAudit } from '../../../lib/watch/audit/nightly.ts';
import { searchAudit } from '../../../lib/watch/audit/search.ts';
import { verifyAudit } from '../../../lib/watch/audit/verify.ts';
import { cursors } from '../../cursors.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import type { DynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const ENTRY = {
  who: 'user:alice',
  action: 'putService',
  target: 'services/A',
  before: { revision: 1 },
  after: { revision: 2 },
  from: '203.0.113.7',
  requestId: 'r1',
};

describe('the audit', () => {
  let stores: TestStores;
  let table: string;
  let now: number;
  const clock = { now: () => now, sleep: (ms: number) => systemClock.sleep(ms) };

  beforeAll(async () => {
    stores = await openStores();
    table = stores.names.tables.audit;
  });
  afterAll(() => stores.close());
  beforeEach(async () => {
    now = Date.parse('2026-11-22T04:00:00Z');
    for (const { pk, sk } of (await stores.documents.scan({ table })).items)
      await stores.documents.delete(table, { pk: String(pk), sk: String(sk) });
  });

  const open = (extra: Partial<AuditStore> = {}): AuditStore & { cursors: typeof cursors } => ({
    documents: stores.documents,
    table,
    clock,
    random: systemRandom,
    cursors,
    ...extra,
  });
  const rows = async () =>
    (await stores.documents.query({ table, where: 'pk = :p', values: { ':p': PARTITION }, consistent: true }))
      .items;
  async function many(n: number): Promise<void> {
    for (let i = 1; i <= n; i++) {
      await append(open(), { ...ENTRY, target: `services/S${i}` });
      now += 1_000;
    }
  }

  it('keeps who did what, from where, before and after, and shows the newest first', async () => {
    expect(await append(open(), ENTRY)).toBe(1);
    now += 1_000;
    await append(open(), { ...ENTRY, who: 'k_2', action: 'createKey', target: 'keys/x', before: undefined });
    const { items } = await searchAudit(open(), {});
    expect(items.map(({ seq }) => seq)).toEqual([2, 1]);
    expect(items[1]).toEqual({
      ...ENTRY,
      id: expect.any(String) as string,
      seq: 1,
      at: '2026-11-22T04:00:00.000Z',
    });
    expect(items[0]).toMatchObject({ who: 'k_2', before: null, after: { revision: 2 } });
  });

  it('finds by person, action, thing and what lies under it, time; by pages', async () => {
    await many(5);
    await append(open(), { ...ENTRY, who: 'k_2', target: 'services/S3/quotas', action: 'putQuotas' });
    const seqs = async (query: object) => (await searchAudit(open(), query)).items.map(({ seq }) => seq);
    expect(await seqs({ who: 'k_2' })).toEqual([6]);
    expect(await seqs({ action: 'putQuotas' })).toEqual([6]);
    expect(await seqs({ target: 'services/S3' })).toEqual([6, 3]);
    expect(await seqs({ from: '2026-11-22T04:00:01Z', to: '2026-11-22T04:00:03Z' })).toEqual([3, 2]);
    const first = await searchAudit(open(), { limit: 4 });
    const second = await searchAudit(open(), { limit: 4, cursor: first.cursor! });
    expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('goes on for ever: an entry of years ago is found', async () => {
    await many(1);
    now += 10 * 365 * 86_400_000;
    expect((await searchAudit(open(), {})).items).toHaveLength(1);
  });

  it('writes no secret down, and of what is large its beginning', async () => {
    const password = randomBytes(9).toString('hex');
    await append(open(), { ...ENTRY, after: { password, token: password, long: 'x'.repeat(500_000) } });
    const [item] = await rows();
    expect(JSON.stringify(item)).not.toContain(password);
    expect(String(item!['after']).length).toBeLessThanOrEqual(60_000);
    expect((await verifyAudit(open())).ok).toBe(true);
  });

  it('gives each of 25 changes at once a number of its own, without gaps', async () => {
    const numbers = await Promise.all(
      Array.from({ length: 25 }, () => append(open({ clock: systemClock }), ENTRY)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(await verifyAudit(open())).toMatchObject({ ok: true, checked: 25, violations: [] });
  });

  it('never goes back in time, so that the order of the list is that of the numbers', async () => {
    await many(1);
    now -= 3_600_000;
    await many(1);
    const { items } = await searchAudit(open(), {});
    expect(items.map(({ seq }) => seq)).toEqual([2, 1]);
    expect((await verifyAudit(open())).ok).toBe(true);
  });

  describe('once a night', () => {
    const raised: string[] = [];
    const logged: string[] = [];
    const deps = () => ({
      ...open(),
      recordsTable: stores.names.tables.records,
      alerts: {
        raise: async ({ kind, summary }: AlertInput) => void raised.push(`${kind} ${summary}`),
        resolve: async (kind: string) => void raised.push(`resolved ${kind}`),
      },
      log: {
        info: (message: string, fields = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`),
        error: (message: string) => void logged.push(message),
      },
    });
    const LATER = { at: Infinity };
    beforeEach(async () => {
      raised.length = logged.length = 0;
      await stores.documents.delete(stores.names.tables.records, { pk: 'AUDIT_CHECK', sk: 'AUDIT_CHECK' });
      await many(5);
    });

    it('is verified whole, its newest hash is told to the log, and then not again before the next', async () => {
      const { hash } = await verifyAudit(open());
      expect([await nightlyAudit(deps(), LATER), await nightlyAudit(deps(), LATER)]).toEqual([5, undefined]);
      expect(raised).toEqual(['resolved AUDIT_TAMPERED']);
      expect(logged).toEqual([`audit head ${JSON.stringify({ ok: true, checked: 5, hash })}`]);
      now += 24 * 3_600_000;
      expect(await nightlyAudit(deps(), LATER)).toBe(5);
    });

    it('alerts of an entry that was changed by hand, and goes on until a night finds nothing', async () => {
      const { pk, sk, ...third } = (await rows())[2]!;
      await stores.documents.put(table, { pk, sk, ...third, who: 'somebody else' });
      await nightlyAudit(deps(), LATER);
      expect(raised).toEqual(['AUDIT_TAMPERED Entry 3 of the audit was changed.']);
      await stores.documents.put(table, { pk, sk, ...third });
      now += 24 * 3_600_000;
      await nightlyAudit(deps(), LATER);
      expect(raised.slice(1)).toEqual(['resolved AUDIT_TAMPERED']);
    });

    it('goes on in the next minute where a long chain took all the time, and forgets nothing that it has found', async () => {
      const { pk, sk, ...third } = (await rows())[2]!;
      await stores.documents.put(table, { pk, sk, ...third, who: 'somebody else' });
      const bulk = { ...open(), documents: stores.documents };
      for (let more = 0; more < 1_999; more += 1) await append(bulk, ENTRY);
      expect(await nightlyAudit(deps(), { at: 0 })).toBe(2_000);
      expect(await nightlyAudit(deps(), { at: 0 })).toBe(2_004);
      expect(await nightlyAudit(deps(), { at: 0 })).toBeUndefined();
      expect(raised).toEqual(['AUDIT_TAMPERED Entry 3 of the audit was changed.']);
    });
  });

  describe('by a hand in the table', () => {
    const change = async (seq: number, changes: Item, { rehash = false } = {}) => {
      const item = (await rows())[seq - 1]!;
      const changed = { ...item, ...changes };
      const entry = readEntry(changed);
      await stores.documents.put(table, rehash ? { ...changed, hash: hashOf(entry!) } : changed);
    };
    const remove = async (seq: number) => {
      const { pk, sk } = (await rows())[seq - 1]!;
      await stores.documents.delete(table, { pk: String(pk), sk: String(sk) });
    };
    const found = async () =>
      (await verifyAudit(open())).violations.map(({ seq, id, what }) => [seq, id, what]);
    let ids: string[];
    beforeEach(async () => {
      await many(5);
      ids = (await rows()).map(({ id }) => String(id));
    });

    it.each(['who', 'action', 'target', 'before', 'after', 'from', 'requestId', 'at', 'id'])(
      'changed %s is named',
      async (field) => {
        await change(3, { [field]: '"else"' });
        expect(await found()).toEqual([[3, field === 'id' ? '"else"' : ids[2], 'was changed']]);
      },
    );
    it('a change whose hash was computed anew is named, too', async () => {
      await change(3, { who: 'user:bob' }, { rehash: true });
      expect(await found()).toEqual([[3, ids[2], 'was changed']]);
      await change(1, { who: 'user:bob' }, { rehash: true });
      expect(await found()).toEqual([
        [1, ids[0], 'was changed'],
        [3, ids[2], 'was changed'],
      ]);
    });
    it('the newest, with a hash computed anew, does not fit the head', async () => {
      await change(5, { who: 'user:bob' }, { rehash: true });
      expect(await found()).toEqual([[5, ids[4], 'was changed']]);
    });
    it('one that was removed is named by its number', async () => {
      await remove(2);
      expect(await found()).toEqual([[2, undefined, 'is missing']]);
    });
    it('the first, and several', async () => {
      await remove(1);
      await remove(1);
      expect(await found()).toEqual([[1, undefined, 'is missing, and all up to 2']]);
    });
    it('the end that was cut off', async () => {
      await remove(5);
      await remove(4);
      expect(await found()).toEqual([[4, undefined, 'is missing, and all up to 5']]);
    });
    it('all of them, and all with what says which is the newest', async () => {
      for (let i = 0; i < 5; i++) await remove(1);
      expect(await found()).toEqual([[1, undefined, 'is missing, and all up to 5']]);
    });
    it('the head alone', async () => {
      await stores.documents.delete(table, HEAD_KEY);
      expect(await found()).toHaveLength(1);
    });
    it('one that cannot be read is named, and the others are looked at', async () => {
      const item = (await rows())[1]!;
      await stores.documents.put(table, { pk: item['pk'], sk: item['sk'], id: ids[1], seq: 'two' });
      await change(4, { who: 'user:bob' });
      expect(await found()).toEqual([
        [2, ids[1], 'cannot be read'],
        [4, ids[3], 'was changed'],
      ]);
      expect((await searchAudit(open(), {})).items.map(({ seq }) => seq)).toEqual([5, 4, 3, 1]);
    });
    it('one that was put in between', async () => {
      const forged = { ...readEntry((await rows())[2]!)!, who: 'user:bob' };
      await stores.documents.put(table, { ...entryItem(forged), sk: `${forged.at}#000000000003x` });
      expect((await found()).length).toBeGreaterThan(0);
    });
  });

  it('is verified in steps of 2,000, and says the same', async () => {
    let previous = '';
    for (let seq = 1; seq <= 2_050; seq++) {
      const at = new Date(now + seq).toISOString();
      const content = { ...ENTRY, before: '{}', after: '{}', id: `i${seq}`, seq, at, previous };
      const entry = { ...content, hash: hashOf(content) };
      previous = entry.hash;
      // One that was changed, behind the end of the first step.
      await stores.documents.put(table, entryItem(seq === 2_010 ? { ...entry, who: 'user:bob' } : entry));
    }
    await stores.documents.put(table, {
      ...HEAD_KEY,
      seq: 2_050,
      hash: previous,
      at: new Date(now).toISOString(),
    });
    const first = await verifyAudit(open());
    expect(first).toMatchObject({ ok: true, checked: 2_000, violations: [] });
    const second = await verifyAudit(open(), first.cursor);
    expect(second).toMatchObject({
      ok: false,
      checked: 2_050,
      violations: [{ seq: 2_010, id: 'i2010', what: 'was changed' }],
      hash: previous,
    });
    expect(second.cursor).toBeUndefined();
  });

  describe('and an action', () => {
    const actor = { who: 'user:alice', action: 'createKey', from: '203.0.113.7', requestId: 'r1' };
    const lines: string[] = [];
    const log = { error: (message: string) => void lines.push(message) };
    const change = { target: 'keys/x', after: { name: 'x' } };

    it('happens after its entry, and answers as it does', async () => {
      const act = async () => (await rows()).length;
      expect(await auditedFor(actor, { ...open(), log })(change, act)).toBe(1);
    });

    it('that fails leaves a second entry that says so', async () => {
      const refused = () => Promise.reject(new GatewayError('ALREADY_EXISTS', 'x'));
      await expect(auditedFor(actor, { ...open(), log })(change, refused)).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
      const { items } = await searchAudit(open(), {});
      expect(items).toMatchObject([
        { seq: 2, of: 1, failed: 'ALREADY_EXISTS', target: 'keys/x', after: null },
        { seq: 1, after: { name: 'x' } },
      ]);
      expect((await verifyAudit(open())).ok).toBe(true);
    });

    describe('on a wire', () => {
      let wire: DynamoDbWire;
      let overWire: AuditStore;
      beforeEach(async () => {
        wire = await startDynamoDbWire({ upstream: stores.config.endpoints.dynamodb!, stage: stores.stage });
        const documents = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 1 });
        overWire = open({ documents, clock: systemClock });
      });
      afterEach(() => wire.stop());
      const run = (act: () => Promise<unknown>) => auditedFor(actor, { ...overWire, log })(change, act);

      it('whose entry cannot be written does not happen (A4)', async () => {
        wire.meet(...Array.from({ length: 60 }, () => 'internal-error' as const));
        let happened = false;
        const ended = run(async () => void (happened = true));
        await expect(ended).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
        expect(happened).toBe(false);
        expect(await rows()).toEqual([]);
      });

      it('whose entry was written and not answered has one entry (A4)', async () => {
        wire.meet('none', 'lost-reply');
        await run(async () => {});
        expect(await rows()).toHaveLength(1);
      });

      it('that fails while the audit is away is told to the log', async () => {
        const away = async () => {
          wire.meet(...Array.from({ length: 60 }, () => 'internal-error' as const));
          throw new GatewayError('NOT_FOUND', 'x');
        };
        await expect(run(away)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        expect(lines.at(-1)).toBe('An action failed, and the audit does not say so.');
      });
    });
  });
});
