/** People on a real table: passwords, lockout, sessions. */
import * as crypto from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAttempts } from '../../../lib/access/people/attempts.ts';
import { createPeople } from '../../../lib/access/people/people.ts';
import type { Role } from '../../../lib/access/roles.ts';
import { tokenHash } from '../../../lib/access/token-hash.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

type ScryptArguments = [
  password: string,
  salt: Buffer,
  length: number,
  cost: crypto.ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
];

/** Asked for at its full cost, done at a small one: test/unit/access/password.test.ts has the real one. */
vi.mock(import('node:crypto'), async (importOriginal) => {
  const actual = await importOriginal();
  const cheaper = (...[password, salt, length, , done]: ScryptArguments) =>
    actual.scrypt(password, salt, length, { N: 16 }, done);
  return { ...actual, scrypt: vi.fn(cheaper) as never };
});
/** What passwords were hashed at. */
const costs = () => vi.mocked(crypto.scrypt).mock.calls.map(([, , , cost]) => cost as unknown);
const hashed = () => costs().length;

const RIGHT = 'correct horse battery';
const WRONG = 'incorrect horse battery';
const MINUTE = 60_000;
const NOBODY = { role: 'none', id: '' };
/** The one answer to whoever cannot log in. */
const REFUSED = {
  code: 'UNAUTHENTICATED',
  message: 'The name or the password is wrong, or this person cannot log in now.',
};

let stores: TestStores;
let at = Date.parse('2026-11-22T08:00:00Z');
let people: ReturnType<typeof open>;
let names = 0;
const clock = { now: () => at, sleep: () => Promise.reject(new Error('Nobody sleeps here.')) };

beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());
beforeEach(() => {
  people = open();
});

/** As another process has them. */
const open = () =>
  createPeople({ documents: stores.documents, table: stores.names.tables.registry, clock, random });

async function person(role: Role = 'operator') {
  const username = `ann${(names += 1)}`;
  const { id } = await people.create({ username, password: RIGHT, role, createdBy: 'test' });
  return { username, id, right: { username, password: RIGHT }, wrong: { username, password: WRONG } };
}

describe('logging in', () => {
  it('gives a person a token that is stored as its hash alone', async () => {
    const { username, id, right } = await person();
    const { user, token, csrfToken } = await people.logIn(right);
    expect(user).toEqual({ id, username, role: 'operator' });
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await open().identify(token)).toEqual({
      role: 'operator',
      id: `user:${username}`,
      session: { id: tokenHash(token), userId: id, csrfToken },
    });
    const { items } = await stores.documents.scan({ table: stores.names.tables.registry });
    const stored = JSON.stringify(items);
    expect(stored).toContain(tokenHash(token));
    expect(stored).toContain('$scrypt$ln=15,r=8,p=3$');
    for (const secret of [token, csrfToken, RIGHT]) expect(stored).not.toContain(secret);
    expect(await people.identify('x'.repeat(43))).toEqual(NOBODY);
  });

  it('takes the same characters however they were composed', async () => {
    const username = 'composed';
    await people.create({ username, password: 'caf\u00e9 au lait, please', role: 'viewer', createdBy: 't' });
    await expect(people.logIn({ username, password: 'cafe\u0301 au lait, please' })).resolves.toMatchObject({
      user: { username },
    });
  });

  it('answers who cannot with one answer, after one hash each: unknown, wrong, disabled, locked', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()];
    await people.change(bob.id, { disabled: true });
    for (let n = 0; n < 5; n++) await people.logIn(eve.wrong).catch(() => undefined);
    const cases = [
      { username: 'nobody', password: RIGHT },
      { username: 'No Name', password: RIGHT },
      { username: '__proto__', password: RIGHT },
      ann.wrong,
      bob.right,
      eve.right,
    ];
    for (const attempt of cases) {
      const before = hashed();
      const error = await people.logIn(attempt).catch((thrown: unknown) => thrown);
      expect(error, attempt.username).toMatchObject({ ...REFUSED, fields: undefined, internal: undefined });
      expect(hashed() - before, attempt.username).toBe(1);
      expect(costs().at(-1)).toMatchObject({ N: 2 ** 15, r: 8, p: 3 });
    }
  });

  it('refuses a name that is taken, also in the same instant', async () => {
    const input = { username: 'twice', password: RIGHT, role: 'viewer' as const, createdBy: 't' };
    const both = await Promise.allSettled([people.create(input), open().create(input)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(people.create(input)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

describe('the lockout', () => {
  it('of a hundred parallel attempts lets five through, from however many processes', async () => {
    const deps = { documents: stores.documents, table: stores.names.tables.registry, clock };
    const fleet = [createAttempts(deps), createAttempts(deps)];
    const taken = await Promise.all(
      Array.from({ length: 100 }, (_none, index) => fleet[index % 2]!.take('guessed')),
    );
    expect(taken.filter(Boolean)).toHaveLength(5);
  });

  it('counts parallel guesses each, holds for 15 minutes, and lets nobody in with the right password', async () => {
    const { right, wrong } = await person();
    await Promise.allSettled(Array.from({ length: 20 }, () => people.logIn(wrong)));
    await expect(people.logIn(right)).rejects.toMatchObject(REFUSED);
    at += 15 * MINUTE - 1;
    await expect(open().logIn(right)).rejects.toMatchObject(REFUSED);
    at += 1;
    await expect(people.logIn(right)).resolves.toBeDefined();
  });

  it('needs five failures: four are forgiven by a right password, or by time', async () => {
    const { right, wrong } = await person();
    const fail = async (times: number) => {
      for (let n = 0; n < times; n++) await expect(people.logIn(wrong)).rejects.toMatchObject(REFUSED);
    };
    await fail(4);
    await people.logIn(right);
    await fail(4);
    at += 15 * MINUTE;
    await fail(4);
    await people.logIn(right);
  });

  it('leaves open sessions open', async () => {
    const { right, wrong } = await person();
    const { token } = await people.logIn(right);
    for (let n = 0; n < 6; n++) await people.logIn(wrong).catch(() => undefined);
    expect(await open().identify(token)).toMatchObject({ role: 'operator' });
  });
});

describe('an open session', () => {
  it('ends after twelve hours, also while it is cached', async () => {
    const { token } = await people.logIn((await person()).right);
    at += 12 * 60 * MINUTE - 1;
    expect(await people.identify(token)).toMatchObject({ role: 'operator' });
    at += 1;
    expect(await people.identify(token)).toEqual(NOBODY);
    expect(await open().identify(token)).toEqual(NOBODY);
  });

  it.each([
    ['disabling', { disabled: true }],
    ['another password', { password: 'another one, also long' }],
  ])('is ended by %s: here at once, elsewhere within 5 s, and for good', async (_name, change) => {
    const { id, right } = await person();
    const elsewhere = open();
    const { token } = await people.logIn(right);
    await people.identify(token);
    await elsewhere.identify(token);
    await people.change(id, change);
    expect(await people.identify(token)).toEqual(NOBODY);
    at += 5_001;
    expect(await elsewhere.identify(token)).toEqual(NOBODY);
    await people.change(id, { disabled: false });
    at += 5_001;
    expect(await elsewhere.identify(token)).toEqual(NOBODY);
  });

  it('has the role that its person has now', async () => {
    const { id, right } = await person('admin');
    const elsewhere = open();
    const { token } = await people.logIn(right);
    expect(await elsewhere.identify(token)).toMatchObject({ role: 'admin' });
    await people.change(id, { role: 'viewer' });
    at += 5_001;
    expect(await elsewhere.identify(token)).toMatchObject({ role: 'viewer' });
  });

  it('is over for a person whom somebody disabled in the table itself', async () => {
    const { username, right } = await person();
    const { token } = await people.logIn(right);
    const key = { pk: 'USER', sk: username };
    await stores.documents.update(stores.names.tables.registry, key, 'SET disabled = :yes', {
      values: { ':yes': true },
    });
    expect(await open().identify(token)).toEqual(NOBODY);
  });

  it('is over when its person logs out', async () => {
    const { right } = await person();
    const [one, other] = [await people.logIn(right), await people.logIn(right)];
    await people.logOut(tokenHash(one.token));
    expect(await open().identify(one.token)).toEqual(NOBODY);
    expect(await open().identify(other.token)).toMatchObject({ role: 'operator' });
  });
});

it('two changes of one person at once both hold; nobody is NOT_FOUND', async () => {
  const { id, username } = await person('admin');
  await Promise.all([people.change(id, { role: 'viewer' }), open().change(id, { disabled: true })]);
  expect((await people.list()).find((one) => one.username === username)).toMatchObject({
    role: 'viewer',
    disabled: true,
  });
  await expect(people.change('none', { disabled: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
