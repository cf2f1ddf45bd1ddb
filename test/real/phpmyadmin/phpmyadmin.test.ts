/** A real phpMyAdmin: cookies that change with every answer, and a token in every form. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import { seen } from '../program.ts';
import { CREDENTIALS, PACKAGES, startPhpMyAdmin } from './start.ts';
import type { PhpMyAdmin } from './start.ts';

const isInstalled = await installed('phpmyadmin', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;

describe.skipIf(!isInstalled)('phpMyAdmin', () => {
  let gatehouse: Gatehouse;
  let phpMyAdmin: PhpMyAdmin;

  const forms = () => seen(phpMyAdmin, 'POST /index.php?route=/');
  const callers = (n: number) => Promise.all(Array.from({ length: n }, () => gatehouse.call(code, 'orders')));

  beforeAll(async () => {
    [gatehouse, phpMyAdmin] = await Promise.all([startGatehouse(), startPhpMyAdmin()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: phpMyAdmin.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), phpMyAdmin?.stop()]));

  it('runs SQL with the token of the session, and shows rows as JSON', async () => {
    const sql = "INSERT INTO orders VALUES (1, 'Zoë & Söhne'), (2, '值班 + 100 %')";
    const run = await gatehouse.call(code, 'run', { sql });
    expect(outcome(run)).toBe('200');
    expect(run.at('data.message')).toContain('2 rows inserted');
    expect((await gatehouse.call(code, 'orders')).at('data')).toEqual([
      { id: '1', customer: 'Zoë & Söhne' },
      { id: '2', customer: '值班 + 100 %' },
    ]);
    const refused = await gatehouse.call(code, 'run', { sql: 'INSERT INTO elsewhere VALUES (1)' });
    expect(outcome(refused)).toBe('502 PLATFORM_API_ERROR');
    expect(forms()).toBe(1);
  });

  it('serves 50 callers at once, each answer with other cookies, by one session', async () => {
    for (const answer of await callers(50)) {
      expect(outcome(answer)).toBe('200');
      expect(answer.headers.get('x-gatehouse-session')).toBe('reused');
    }
    expect(forms()).toBe(1);
  });

  it('is logged in to once when its sessions are deleted under 50 callers', async () => {
    for (const name of readdirSync(phpMyAdmin.sessions)) rmSync(path.join(phpMyAdmin.sessions, name));
    for (const answer of await callers(50)) {
      expect(outcome(answer)).toBe('200');
      expect(answer.at('data')).toHaveLength(2);
    }
    expect(forms()).toBe(2);
    const run = await gatehouse.call(code, 'run', { sql: 'DELETE FROM orders WHERE id = 1' });
    expect(outcome(run)).toBe('200');
    expect(await phpMyAdmin.database.query('SELECT id FROM shop.orders')).toBe('2\n');
  });

  it('is left alone for a while after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: phpMyAdmin.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    expect(await untilPaused(() => gatehouse.call(other, 'orders'), forms)).toEqual(PAUSED);
  });
});
