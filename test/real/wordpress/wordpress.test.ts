/** A real WordPress: its login form with a test cookie, then its REST API with a nonce. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import { CREDENTIALS, PACKAGES, startWordPress } from './start.ts';
import type { WordPress } from './start.ts';

const isInstalled = await installed('wordpress', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;

describe.skipIf(!isInstalled)('WordPress', () => {
  let gatehouse: Gatehouse;
  let wordpress: WordPress;

  const lines = (text: string) => wordpress.output().split(text).length - 1;
  const logins = () => lines('LOGIN of ops');
  const inDatabase = (statement: string) =>
    wordpress.database.query(`SET NAMES utf8mb4; USE wordpress; ${statement}`);

  beforeAll(async () => {
    [gatehouse, wordpress] = await Promise.all([startGatehouse(), startWordPress()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: wordpress.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), wordpress?.stop()]));

  it('takes a post by the nonce of the session, and it is in its database', async () => {
    const post = { title: 'Zoë & Söhne: 值班', content: '<p>100 % + {{x}}</p>' };
    const added = await gatehouse.call(code, 'addPost', post);
    expect(outcome(added)).toBe('200');
    expect(added.at('data')).toMatchObject({ status: 'draft', title: { raw: post.title } });
    const stored = await inDatabase("SELECT post_title, post_content FROM wp_posts WHERE post_type = 'post'");
    expect(stored).toContain(`${post.title}\t${post.content}\n`);
    const drafts = await gatehouse.call(code, 'posts', { status: 'draft' });
    expect(drafts.at('data')).toMatchObject([{ title: { raw: post.title } }]);
    expect(logins()).toBe(1);
  });

  it('is logged in to once when its sessions are deleted under 50 callers', async () => {
    const before = logins();
    await inDatabase("DELETE FROM wp_usermeta WHERE meta_key = 'session_tokens'");
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => gatehouse.call(code, 'posts', { status: 'draft' })),
    );
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    expect(logins() - before).toBe(1);
  });

  it('serves the raw proxy, as the one who is logged in', async () => {
    const me = await gatehouse.ask(
      'GET',
      `/v1/services/${code}/proxy/index.php?rest_route=/wp/v2/users/me&context=edit`,
    );
    expect(me.at('username')).toBe('ops');
    expect(me.headers.get('set-cookie')).toBeNull();
    expect(me.headers.get('x-gatehouse-session')).toBe('reused');
  });

  it('is left alone for a while after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: wordpress.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    const refused = () => lines('REFUSED ops');
    expect(await untilPaused(() => gatehouse.call(other, 'posts'), refused)).toEqual(PAUSED);
  });
});
