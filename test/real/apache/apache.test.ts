/** A real Apache with digest authentication, whose nonces do not live long. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { outcome } from '../outcome.ts';
import { until } from '../program.ts';
import type { Program } from '../program.ts';
import { accessLog, CREDENTIALS, NONCE_MS, PACKAGES, startApache } from './start.ts';

const isInstalled = await installed('apache', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;

describe.skipIf(!isInstalled)('digest authentication of Apache', () => {
  let gatehouse: Gatehouse;
  let apache: Program;

  const orders = (day?: string) => gatehouse.call(code, 'orders', day === undefined ? {} : { day });
  const answered = (status: number) =>
    readFileSync(accessLog(apache.dataDir), 'utf8').split(`${status} /orders.json\n`).length - 1;

  beforeAll(async () => {
    [gatehouse, apache] = await Promise.all([startGatehouse(), startApache()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: apache.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), apache?.stop()]));

  it('is met with the nonce of its challenge, and then with those that its answers bring', async () => {
    const first = await orders();
    expect(outcome(first)).toBe('200');
    expect(first.text).toContain('9007199254740993');
    const end = Date.now() + 2 * NONCE_MS;
    let calls = 1;
    await until(async () => {
      const answer = await orders(`a day & ${(calls += 1)}`);
      expect(outcome(answer)).toBe('200');
      return Date.now() > end;
    }, 'the nonce of the challenge has ended');
    // Apache writes a line down when the request is answered.
    await until(() => answered(200) === calls, 'every call is in the log');
    expect(answered(401)).toBe(1);
  });

  it('is asked anew by a call that comes after its nonce has ended', async () => {
    const end = Date.now() + 2 * NONCE_MS;
    await until(() => Date.now() > end, 'the nonce has ended');
    expect(outcome(await orders())).toBe('200');
    await until(() => answered(401) === 2, 'the challenge is in the log');
  });

  it('takes 50 callers at once', async () => {
    for (const answer of await Promise.all(Array.from({ length: 50 }, () => orders()))) {
      expect(outcome(answer)).toBe('200');
    }
  });

  it('is started again, and knows no nonce of before', async () => {
    await apache.restart();
    expect(outcome(await orders())).toBe('200');
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/orders.json?x=%20y`);
    expect([raw.status, raw.headers.get('www-authenticate')]).toEqual([200, null]);
  });

  it('is left alone after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: apache.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    for (let tries = 1; tries <= 3; tries += 1) {
      const refused = await gatehouse.call(other, 'orders');
      expect(outcome(refused)).toBe('502 AUTHENTICATION_FAILED');
      expect(refused.headers.get('retry-after')).toBeNull();
    }
    const paused = await gatehouse.call(other, 'orders');
    expect(outcome(paused)).toBe('502 AUTHENTICATION_FAILED');
    expect(Number(paused.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});
