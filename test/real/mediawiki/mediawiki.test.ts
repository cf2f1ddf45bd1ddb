/** A real MediaWiki by its API: tokens for the login and for edits, sessions that its cache forgets. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import type { Program } from '../program.ts';
import { sql } from '../sqlite.ts';
import { CREDENTIALS, PACKAGES, startWiki } from './start.ts';

const isInstalled = await installed('mediawiki', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;

describe.skipIf(!isInstalled)('MediaWiki', () => {
  let gatehouse: Gatehouse;
  let wiki: Program;

  const logins = () =>
    readFileSync(path.join(wiki.dataDir, 'logins.log'), 'utf8').split('Login attempt').length - 1;
  const who = () =>
    gatehouse.ask('GET', `/v1/services/${code}/proxy/api.php?action=query&meta=userinfo&format=json`);
  const forgetSessions = () => sql(path.join(wiki.dataDir, 'wikicache.sqlite'), 'DELETE FROM objectcache');
  /** What the wiki does to a user who changes the password elsewhere. */
  const logOutEverywhere = () => {
    sql(path.join(wiki.dataDir, 'my_wiki.sqlite'), `UPDATE user SET user_token = '${'0'.repeat(32)}'`);
    forgetSessions();
  };
  /** As a visitor reads it, without Gatehouse. */
  const read = async (title: string) =>
    (await fetch(`${wiki.url}/index.php?action=raw&title=${encodeURIComponent(title)}`)).text();

  beforeAll(async () => {
    [gatehouse, wiki] = await Promise.all([startGatehouse(), startWiki()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: wiki.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), wiki?.stop()]));

  it('is logged in to, and an edit is really in the wiki', async () => {
    const text = 'Zoë & Söhne: 100 % + 值班手册\n\n== Second ==\n{{not a template}}';
    const edited = await gatehouse.call(code, 'edit', { title: 'Handbook', text, summary: 'by Gatehouse' });
    expect(outcome(edited)).toBe('200');
    expect(edited.at('data')).toMatchObject({ result: 'Success', title: 'Handbook', new: true });
    expect(await read('Handbook')).toBe(text);
    expect((await gatehouse.call(code, 'page', { title: 'Handbook' })).at('data')).toBe(text);
    expect(logins()).toBe(1);
  });

  it('is logged in to once when its sessions end under 50 callers', async () => {
    logOutEverywhere();
    const before = logins();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => gatehouse.call(code, 'page', { title: 'Handbook' })),
    );
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    expect(logins() - before).toBe(1);
  });

  it('whose cache is emptied knows us by our cookies, and takes the next edit with a new token', async () => {
    forgetSessions();
    expect((await who()).at('query.userinfo.name')).toBe('Ops');
    const before = logins();
    const edited = await gatehouse.call(code, 'edit', { title: 'Handbook', text: 'second' });
    expect(outcome(edited)).toBe('200');
    expect(edited.headers.get('x-gatehouse-session')).toBe('renewed');
    expect(await read('Handbook')).toBe('second');
    expect(logins() - before).toBe(1);
  });

  it('serves the raw proxy, and keeps its cookies to itself', async () => {
    const answer = await who();
    expect(answer.at('query.userinfo.name')).toBe('Ops');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('is left alone for a while after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: wiki.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    expect(await untilPaused(() => gatehouse.call(other, 'page', { title: 'Handbook' }), logins)).toEqual(
      PAUSED,
    );
  });
});
