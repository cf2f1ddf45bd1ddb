import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCredentialStore } from '../../../lib/access/credentials/create-store.ts';
import type { CountingCredentialStore } from '../../../lib/access/credentials/create-store.ts';
import type { GatewayError } from '../../../lib/runtime/errors.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import { connectSecrets } from '../../../lib/vendors/secrets/secrets.ts';
import type { Secrets } from '../../../lib/vendors/secrets/secrets.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const SECRET = 'canary-9f3b7c';

let stores: TestStores;
let secrets: Secrets;
let reads = 0;
let time = 1_800_000_000_000;
const clock = { now: () => time, sleep: () => Promise.resolve() };

const fingerprintKeys = () => deriveKeys(secrets, stores.names.secrets.sessionKey, 'fingerprint');

function open(): CountingCredentialStore {
  const { redis, names } = stores;
  const counting: Secrets = {
    ...secrets,
    getVersion: (id, stage) => (reads++, secrets.getVersion(id, stage)),
  };
  return createCredentialStore({ secrets: counting, redis, names, clock, fingerprintKeys });
}

beforeAll(async () => {
  stores = await openStores();
  const { region, endpoints } = stores.config;
  secrets = connectSecrets({ region, endpoint: endpoints.secretsManager });
});
afterAll(() => stores.close());

/** Redis is shared between test files: a code of this run's own. */
const codeOf = (name: string) => `${name}_${stores.stage.toUpperCase()}`;

describe('credentials', () => {
  it('D2: that are missing fail closed, and say which', async () => {
    const code = codeOf('CRED_NONE');
    await expect(open().current(code)).rejects.toMatchObject({
      code: 'CONFIGURATION_ERROR',
      message: expect.stringContaining(`gatehouse/${stores.stage}/${code}`) as unknown,
    });
    expect(await open().describe(code)).toEqual([]);
  });

  it('are kept, numbers as text, and read once a minute', async () => {
    const code = codeOf('CRED_ONE');
    const store = open();
    await store.put(code, { username: 'u', softwareId: 912345 });
    const [first] = await Promise.all(Array.from({ length: 20 }, () => store.current(code)));
    expect(first!.values).toEqual({ username: 'u', softwareId: '912345' });
    const before = reads;
    time += 59_000;
    await store.current(code);
    expect(reads).toBe(before);
    time += 1_001;
    await store.current(code);
    expect(reads).toBe(before + 1);
    store.forget(code);
    await store.current(code);
    expect(reads).toBe(before + 2);
  });

  it('E15: keep two versions valid through a rotation, until the old one is retired', async () => {
    const code = codeOf('CRED_ROTATE');
    const store = open();
    const old = await store.put(code, { appKey: 'first-key' });
    expect((await store.valid(code)).map(({ values }) => values['appKey'])).toEqual(['first-key']);
    const fresh = await store.put(code, { appKey: 'second-key' });
    expect((await store.valid(code)).map(({ versionId }) => versionId)).toEqual([
      fresh.versionId,
      old.versionId,
    ]);
    expect((await store.current(code)).values).toEqual({ appKey: 'second-key' });
    expect(fresh.fingerprint).not.toBe(old.fingerprint);
    await store.retirePrevious(code);
    expect((await store.valid(code)).map(({ versionId }) => versionId)).toEqual([fresh.versionId]);
    await store.retirePrevious(code);
    expect(await store.describe(code)).toMatchObject([{ stage: 'CURRENT', versionId: fresh.versionId }]);
  });

  it('make no version of what is current already', async () => {
    const code = codeOf('CRED_SAME');
    const store = open();
    const first = await store.put(code, { a: '1', b: '2' });
    expect((await store.put(code, { b: '2', a: 1 })).versionId).toBe(first.versionId);
    expect(await store.describe(code)).toHaveLength(1);
  });

  it('H7: have a fingerprint that nobody can guess them by', async () => {
    const values = { username: 'admin', password: '123456' };
    const [code, other] = [codeOf('CRED_PRINT'), codeOf('CRED_PRINT_2')];
    const { fingerprint } = await open().put(code, values);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    // The same for everybody who shows it, another for another service.
    expect(await open().describe(code)).toMatchObject([{ fingerprint }]);
    expect((await open().put(code, values)).fingerprint).toBe(fingerprint);
    expect((await open().put(other, values)).fingerprint).not.toBe(fingerprint);
    // Whoever knows the values, but not the key, finds no hash of them that it is.
    const guesses = [JSON.stringify(values), '{"password":"123456","username":"admin"}', '123456'];
    const hashes = guesses.flatMap((guess) => [
      createHash('sha256').update(guess).digest('hex'),
      createHash('sha256').update(`${code}\n${guess}`).digest('hex'),
      createHmac('sha256', code).update(guess).digest('hex'),
    ]);
    expect(hashes.map((hash) => hash.slice(0, 16))).not.toContain(fingerprint);
  });

  it('H7: are not stored where their fingerprint could not be shown', async () => {
    const code = codeOf('CRED_NO_KEY');
    const { redis, names } = stores;
    const missing = () => deriveKeys(secrets, 'gatehouse/none/session-key', 'fingerprint');
    const store = createCredentialStore({ secrets, redis, names, clock, fingerprintKeys: missing });
    await expect(store.put(code, { a: '1' })).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
    expect(await open().describe(code)).toEqual([]);
  });

  it('A5: of two who rotate the same version, one gets REVISION_CONFLICT', async () => {
    const code = codeOf('CRED_RACE');
    const store = open();
    const { versionId } = await store.put(code, { appKey: 'zero' });
    const rotations = ['one', 'two', 'three'].map((appKey) =>
      open().put(code, { appKey }, { expected: versionId }),
    );
    const settled = await Promise.allSettled(rotations);
    const won = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value.versionId] : []));
    const lost = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as GatewayError] : []));
    expect(won).toHaveLength(1);
    expect(lost.map(({ code }) => code)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
    store.forget(code);
    expect((await store.valid(code)).map((each) => each.versionId)).toEqual([won[0], versionId]);
    await expect(store.put(code, { appKey: 'late' }, { expected: versionId })).rejects.toMatchObject({
      code: 'REVISION_CONFLICT',
    });
  });

  it('count uses per version, fleet-wide, without a round trip per call', async () => {
    const code = codeOf('CRED_USES');
    const [one, two] = [open(), open()];
    const { versionId } = await one.put(code, { appKey: 'k' });
    for (let use = 0; use < 5; use++) {
      one.used(code, versionId);
      await one.flush();
    }
    two.used(code, versionId);
    time += 10_000;
    await two.flush();
    const [info] = await one.describe(code);
    expect(info).toMatchObject({ useCount: 6, lastUsedAt: new Date(time - 10_000).toISOString() });
  });

  it('are deleted whole, and can be set anew', async () => {
    const code = codeOf('CRED_GONE');
    const store = open();
    const { versionId } = await store.put(code, { appKey: 'k' });
    store.used(code, versionId);
    await store.delete(code);
    await expect(store.current(code)).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
    await store.delete(code);
    await store.put(code, { appKey: 'again' });
    expect(await store.describe(code)).toMatchObject([{ stage: 'CURRENT', useCount: 0 }]);
  });

  it.each<[string, unknown, string]>([
    ['an empty object', {}, 'credentials'],
    ['no object', SECRET, 'credentials'],
    ['a list', [SECRET], 'credentials'],
    ['a nested value', { password: { value: SECRET } }, 'credentials.password'],
    ['an empty value', { password: '' }, 'credentials.password'],
    ['a flag', { password: true }, 'credentials.password'],
    ['a name no template can say', { 'a b': SECRET }, 'credentials.a b'],
    ['a prototype', JSON.parse(`{"__proto__":"${SECRET}"}`), 'credentials'],
    ['what is too long', { password: SECRET.repeat(1_000) }, 'credentials.password'],
  ])('A3: %s is refused by its field, never by its value', async (_, values, field) => {
    const failure = await open()
      .put(codeOf('CRED_BAD'), values)
      .then(
        () => undefined,
        (error: unknown) => error as GatewayError,
      );
    expect(failure?.code).toBe('VALIDATION_FAILED');
    expect(failure?.fields?.[0]?.field).toBe(field);
    expect(JSON.stringify([failure?.message, failure?.fields])).not.toContain(SECRET);
  });

  it('A3: that somebody stored otherwise are named, not shown', async () => {
    const code = codeOf('CRED_CORRUPT');
    await secrets.put(stores.names.secrets.credentials(code), `not json ${SECRET}`);
    const failure = await open()
      .current(code)
      .catch((error: unknown) => error as GatewayError);
    expect(failure).toMatchObject({ code: 'CONFIGURATION_ERROR' });
    expect((failure as GatewayError).message).not.toContain(SECRET);
    expect(await open().describe(code)).toMatchObject([{ fingerprint: 'unreadable' }]);
  });

  it('D2: with Secrets Manager down fail in bounded time as STORE_UNAVAILABLE', async () => {
    const { region } = stores.config;
    const down = connectSecrets({ region, endpoint: 'http://127.0.0.1:9', timeoutMs: 200 });
    await expect(down.getVersion('any', 'AWSCURRENT')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('credentials of several accounts', () => {
  const document = (north: string, south: string) => ({
    accounts: { south: { user: 's', password: south }, north: { user: 'n', password: north } },
  });
  const marksOf = async (store: CountingCredentialStore, code: string) =>
    Object.fromEntries((await store.accounts(code)).list.map(({ name, mark }) => [name, mark]));

  it('are read by name, in one document', async () => {
    const code = codeOf('CRED_SEVERAL');
    const store = open();
    expect(await store.accounts(code)).toEqual({ list: [], secrets: [] });
    await store.put(code, document('first', 'second'));
    const north = await store.current(code, 'north');
    expect([north.values, north.otherSecrets]).toEqual([{ user: 'n', password: 'first' }, ['second']]);
    const { list, secrets: all } = await store.accounts(code);
    expect([list.map(({ name }) => name), all]).toEqual([
      ['north', 'south'],
      ['first', 'second'],
    ]);
    expect(list[0]!.mark).toBe(north.mark);
    for (const name of [undefined, 'west']) {
      await expect(store.current(code, name)).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
    }
  });

  it('have marks that change with their own values only, and tell nothing of them', async () => {
    const code = codeOf('CRED_MARKS');
    const store = open();
    const { versionId } = await store.put(code, document('first', 'second'));
    const before = await marksOf(store, code);
    await store.put(code, document('first', 'third'));
    const after = await marksOf(store, code);
    expect([after['north'] === before['north'], after['south'] === before['south']]).toEqual([true, false]);
    expect(Object.values(after).every((mark) => /^[0-9a-f]{16}$/.test(mark))).toBe(true);
    expect((await store.current(code, 'north')).versionId).not.toBe(versionId);
  });

  it('are all valid for a signature, those of the version before too', async () => {
    const code = codeOf('CRED_VALID');
    const store = open();
    await store.put(code, document('first', 'second'));
    await store.put(code, { user: 'n', password: 'alone' });
    const passwords = async () => (await store.valid(code)).map(({ values }) => values['password']);
    expect(await passwords()).toEqual(['alone', 'first', 'second']);
    expect(await store.accounts(code)).toEqual({ list: [], secrets: [] });
    await store.retirePrevious(code);
    expect(await passwords()).toEqual(['alone']);
  });

  it('the same in another order are no new version', async () => {
    const code = codeOf('CRED_ORDER');
    const store = open();
    const { versionId, fingerprint } = await store.put(code, document('first', 'second'));
    const { accounts } = document('first', 'second');
    const turned = { accounts: { north: accounts.north, south: { password: 'second', user: 's' } } };
    expect(await store.put(code, turned)).toMatchObject({ versionId, fingerprint });
  });

  it('names known before serve while they cannot be read; a change is seen within a minute', async () => {
    const code = codeOf('CRED_AWAY');
    const { redis, names } = stores;
    let away = false;
    const shaky: Secrets = {
      ...secrets,
      getVersion: (id, stage) => (away ? Promise.reject(new Error('away')) : secrets.getVersion(id, stage)),
    };
    const other = createCredentialStore({ secrets: shaky, redis, names, clock, fingerprintKeys });
    await open().put(code, document('first', 'second'));
    const namesOf = async () => (await other.accounts(code)).list.map(({ name }) => name);
    expect(await namesOf()).toEqual(['north', 'south']);
    away = true;
    time += 3_600_000;
    expect(await namesOf()).toEqual(['north', 'south']);
    away = false;
    await open().put(code, { accounts: { south: { user: 's', password: 'second' } } });
    time += 66_000;
    expect(await namesOf()).toEqual(['south']);
  });

  it('are refused beside others, without a name that is one, and without a value', async () => {
    const code = codeOf('CRED_WRONG');
    const fieldOf = (values: unknown) =>
      open()
        .put(code, values)
        .then(
          () => undefined,
          (error: GatewayError) => error.fields?.[0]?.field,
        );
    expect(await fieldOf({ accounts: {} })).toBe('credentials.accounts');
    expect(await fieldOf({ accounts: { 'North Pole': { user: 'n' } } })).toBe(
      'credentials.accounts.North Pole',
    );
    expect(await fieldOf({ accounts: { north: { user: '' } } })).toBe('credentials.accounts.north.user');
    expect(await fieldOf({ accounts: { north: {} } })).toBe('credentials.accounts.north');
    expect(await fieldOf({ accounts: { north: { user: 'n' } }, user: 'n' })).toBe('credentials');
    const large = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`a${n}`, { key: 'k'.repeat(8_000) }]),
    );
    expect(await fieldOf({ accounts: large })).toBe('credentials');
    expect(await fieldOf({ accounts: 'a credential of that name' })).toBeUndefined();
  });
});
