/** A real OAuth 2 server, Django OAuth Toolkit: client credentials, and a user's tokens with rotated refresh tokens. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import { seen } from '../program.ts';
import type { Program } from '../program.ts';
import { sql } from '../sqlite.ts';
import { CREDENTIALS, OF_A_USER, PACKAGES, startOAuth } from './start.ts';

const isInstalled = await installed('oauth', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;
const USER = `${code}_USER`;

describe.skipIf(!isInstalled)('an API behind OAuth 2', () => {
  let gatehouse: Gatehouse;
  let api: Program;

  const asked = () => seen(api, 'POST /o/token/');
  const rows = (statement: string) => sql(path.join(api.dataDir, 'site.sqlite3'), statement);
  const endTokens = () => rows("UPDATE oauth2_provider_accesstoken SET expires = '2020-01-01 00:00:00'");
  const callers = (of: string) => Promise.all(Array.from({ length: 50 }, () => gatehouse.call(of, 'orders')));

  async function register(as: string, auth: object, credentials: object): Promise<void> {
    const tokenUrl = `${api.url}/o/token/`;
    const own = { ...(DEFINITION['auth'] as object), tokenUrl, ...auth };
    await gatehouse.register({ ...DEFINITION, code: as, baseUrl: api.url, auth: own }, credentials);
  }

  beforeAll(async () => {
    [gatehouse, api] = await Promise.all([startGatehouse(), startOAuth()]);
    await putAsWritten(gatehouse, DEFINITION);
    await register(code, {}, CREDENTIALS);
    await register(USER, { grant: 'password' }, OF_A_USER);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), api?.stop()]));

  it.each([
    ['in the header', 'basic'],
    ['in the form', 'post'],
  ])('gives a client its token, whatever is in its secret: %s', async (_name, clientAuth) => {
    const as = `${code}_${clientAuth.toUpperCase()}`;
    await register(as, { clientAuth }, CREDENTIALS);
    const answer = await gatehouse.call(as, 'addOrder', { customer: 'Zoë' });
    expect(answer.at('data')).toEqual({ method: 'POST', by: null });
  });

  it('is asked for one token by 50 callers, and for one more when that has ended', async () => {
    for (let round = 1; round <= 2; round += 1) {
      const before = asked();
      for (const answer of await callers(code)) expect(outcome(answer)).toBe('200');
      expect(asked() - before).toBe(1);
      endTokens();
    }
  });

  it('refreshes the token of a user, once for 50 callers, each time with the refresh token that came last', async () => {
    expect((await gatehouse.call(USER, 'orders')).at('data')).toEqual({ method: 'GET', by: 'ops' });
    for (let round = 1; round <= 2; round += 1) {
      const before = asked();
      endTokens();
      for (const answer of await callers(USER)) expect(outcome(answer)).toBe('200');
      expect(asked() - before).toBe(1);
      expect(rows('SELECT id FROM oauth2_provider_refreshtoken WHERE revoked IS NOT NULL')).toHaveLength(
        round,
      );
    }
  });

  it('takes the password again when the refresh token is revoked', async () => {
    rows("UPDATE oauth2_provider_refreshtoken SET revoked = '2020-01-01 00:00:00'");
    endTokens();
    const before = asked();
    for (const answer of await callers(USER)) expect(outcome(answer)).toBe('200');
    expect(asked() - before).toBe(2);
  });

  it('serves the raw proxy', async () => {
    const raw = await gatehouse.ask('GET', `/v1/services/${USER}/proxy/orders/`);
    expect(raw.json).toEqual({ method: 'GET', by: 'ops' });
  });

  it('is left alone for a while after three wrong secrets', async () => {
    const other = `${code}_WRONG`;
    await register(other, {}, { ...CREDENTIALS, clientSecret: 'a wrong one' });
    expect(await untilPaused(() => gatehouse.call(other, 'orders'), asked)).toEqual(PAUSED);
  });
});
