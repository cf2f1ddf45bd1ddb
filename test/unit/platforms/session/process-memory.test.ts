/** What a process keeps of a session, and what it forgets. */
import { describe, expect, it } from 'vitest';
import type { CredentialStore } from '../../../../lib/access/credentials/credentials.ts';
import { createJar, storeJar, withSetCookies } from '../../../../lib/platforms/cookies/jar.ts';
import { importedDocument } from '../../../../lib/platforms/session/document.ts';
import { createMemory, loginOfSession } from '../../../../lib/platforms/session/process-memory.ts';
import { LOGIN, serviceOf } from './service.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');
const URL = 'https://work.gov.example/x';

interface Scene {
  auth?: object;
  headers?: Record<string, string>;
  credentials?: () => Promise<{ versionId: string; values: Record<string, string> }>;
}

function scene({ auth, headers = {}, credentials }: Scene = {}) {
  const clock = { at: NOW, now: () => clock.at, sleep: () => Promise.resolve() };
  const current =
    credentials ?? (() => Promise.resolve({ versionId: 'v', values: { password: 'pa55word' } }));
  const memory = createMemory({ credentials: { current } as unknown as CredentialStore, clock });
  const service = serviceOf({ auth: auth ?? {} });
  const jar = withSetCookies(storeJar(createJar(), NOW), URL, ['sid=1; Path=/', 'deep=2; Path=/x'], NOW);
  const read = { jar, headers, values: { tenant: 'north' }, endsAt: NOW + 60_000 };
  const session = (login: number) =>
    memory.prepare(service, importedDocument(read, { login, now: NOW }), { login, revision: 0 });
  return { clock, memory, service, session, slot: memory.at(service) };
}

describe('a session that is ready for calls', () => {
  it('knows its cookies, by URL and one by one, its headers and its end', async () => {
    const { session } = scene({ headers: { 'x-lang': 'de' } });
    const { live, ...current } = await session(7);
    expect(current).toMatchObject({
      login: 7,
      generation: '7.0',
      expiresAt: NOW + 60_000,
      unsaved: false,
      document: { cookies: { sid: '1', deep: '2' }, headers: { 'x-lang': 'de' }, generation: '7.0' },
    });
    expect(live).toMatchObject({
      generation: '7.0',
      headers: { 'x-lang': 'de' },
      values: { tenant: 'north' },
    });
    expect(live.cookieHeader(URL)).toBe('deep=2; sid=1');
    expect(live.cookies(URL)).toEqual([
      ['deep', '2'],
      ['sid', '1'],
    ]);
    expect(live.cookies('https://work.gov.example/')).toEqual([['sid', '1']]);
  });

  it('names as secrets what a person’s headers hold, and nothing that everybody knows', async () => {
    const headers = { authorization: 'Bearer abc-def', 'x-lang': 'de', 'x-api-key': 'k3y' };
    const { live } = await scene({ headers }).session(1);
    expect(live.secrets).toEqual(['Bearer abc-def', 'abc-def', 'k3y']);
  });

  it('masks the credentials of its login, also where no header needs them', async () => {
    const { live } = await scene({ auth: { login: LOGIN } }).session(1);
    expect(live.secrets).toContain('pa55word');
  });

  it('serves without credentials, unless its headers are made of them', async () => {
    const credentials = () => Promise.reject(new Error('none'));
    expect((await scene({ auth: { login: LOGIN }, credentials }).session(1)).live.secrets).toEqual([]);
    const auth = { login: LOGIN, sessionHeaders: { 'X-Key': '{{credentials.password}}' } };
    await expect(scene({ auth, credentials }).session(1)).rejects.toThrow('none');
    expect((await scene({ auth }).session(1)).live.headers).toEqual({ 'x-key': 'pa55word' });
    const { login: _, ...alone } = auth;
    expect((await scene({ auth: alone }).session(1)).live.headers).toEqual({ 'x-key': 'pa55word' });
  });

  it('of a person alone asks for no credentials', async () => {
    const credentials = () => Promise.reject(new Error('none'));
    expect((await scene({ credentials }).session(1)).live.secrets).toEqual([]);
  });
});

describe('what a process knows of a service', () => {
  it('begins with nothing, and is one for each account', () => {
    const { memory, service, slot } = scene();
    expect(slot).toMatchObject({
      current: undefined,
      rejectedLogins: [],
      highestLogin: 0,
      pendingLogin: undefined,
      withoutRedis: { notBefore: 0, attempts: 0 },
      lastWrittenAt: NOW,
    });
    expect(memory.at(service)).toBe(slot);
    expect(memory.at({ ...service, account: 'north' })).not.toBe(slot);
  });

  it('remembers the highest login, whatever comes after it', async () => {
    const { memory, slot, session } = scene();
    memory.keep(slot, await session(7));
    memory.keep(slot, await session(5));
    expect([slot.highestLogin, slot.current?.login]).toEqual([7, 5]);
    memory.reject(slot, 9);
    memory.reject(slot, 8);
    expect(slot.highestLogin).toBe(9);
  });

  it('another login has cookie lines and a time of writing of its own; a revision has not', async () => {
    const { clock, memory, slot, session } = scene();
    memory.keep(slot, await session(1));
    slot.applied.set('sid', { line: 'sid=1', until: Infinity });
    clock.at += 1_000;
    memory.keep(slot, await session(1));
    expect([slot.applied.size, slot.lastWrittenAt]).toEqual([1, NOW]);
    memory.keep(slot, await session(2));
    expect([slot.applied.size, slot.lastWrittenAt]).toEqual([0, NOW + 1_000]);
  });

  it('a refused login serves no further call, another one does', async () => {
    const { memory, slot, session } = scene();
    const current = memory.keep(slot, await session(2));
    memory.reject(slot, 1);
    expect(slot.current).toBe(current);
    memory.reject(slot, 2);
    expect(slot.current).toBeUndefined();
    memory.reject(slot, 2);
    expect(slot.rejectedLogins).toEqual([1, 2]);
  });

  it('of refused logins it keeps the latest eight', () => {
    const { memory, slot } = scene();
    for (let login = 1; login <= 10; login += 1) memory.reject(slot, login);
    expect(slot.rejectedLogins).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('forgets the session when it is told to', async () => {
    const { memory, service, slot, session } = scene();
    memory.keep(slot, await session(1));
    memory.forget(service);
    expect(slot.current).toBeUndefined();
  });
});

it('the login of a live session is in its generation', async () => {
  const { live } = await scene().session(7);
  expect(loginOfSession(live)).toBe(7);
  expect(loginOfSession({ ...live, generation: '7.invalidated' })).toBe(0);
});
