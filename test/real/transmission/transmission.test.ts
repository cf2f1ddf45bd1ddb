/** A real Transmission: Basic authentication, and a header that its 409 brings anew after each start. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { outcome } from '../outcome.ts';
import { until } from '../program.ts';
import type { Program } from '../program.ts';
import { CREDENTIALS, PACKAGES, startTransmission } from './start.ts';

const isInstalled = await installed('transmission', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;
/** A torrent of one file of five bytes. */
const metainfo = (name: string) =>
  Buffer.from(
    `d4:infod6:lengthi5e4:name${name.length}:${name}12:piece lengthi16384e6:pieces20:${'x'.repeat(20)}ee`,
  ).toString('base64');

describe.skipIf(!isInstalled)('Transmission', () => {
  let gatehouse: Gatehouse;
  let transmission: Program;

  const names = async () =>
    (await gatehouse.call(code, 'torrents')).at<{ name: string }[]>('data').map(({ name }) => name);

  beforeAll(async () => {
    [gatehouse, transmission] = await Promise.all([startGatehouse(), startTransmission()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: transmission.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), transmission?.stop()]));

  it('takes a torrent with the very first call, and lists it', async () => {
    const added = await gatehouse.call(code, 'addTorrent', { metainfo: metainfo('first') });
    expect(outcome(added)).toBe('200');
    expect(added.at('data.torrent-added.name')).toBe('first');
    expect((await gatehouse.call(code, 'torrents')).at('data')).toEqual([
      { id: 1, name: 'first', totalSize: 5 },
    ]);
  });

  it('says in its own words what it does not take', async () => {
    const refused = await gatehouse.call(code, 'addTorrent', { metainfo: 'bm90aGluZw==' });
    expect(outcome(refused)).toBe('502 PLATFORM_API_ERROR');
    expect(refused.at('upstream.body.result')).toContain('torrent');
  });

  it('is started again under callers, who notice nothing of the new id', async () => {
    await transmission.restart();
    const [added, ...lists] = await Promise.all([
      gatehouse.call(code, 'addTorrent', { metainfo: metainfo('second') }),
      ...Array.from({ length: 20 }, () => gatehouse.call(code, 'torrents')),
    ]);
    for (const answer of [added, ...lists]) expect(outcome(answer)).toBe('200');
    expect(added.at('data.torrent-added.name')).toBe('second');
    // It answers before it has read what it had.
    await until(async () => (await names()).includes('first'), 'the first torrent is there again');
    expect((await names()).toSorted()).toEqual(['first', 'second']);
  });

  it('serves the raw proxy, before and after it is started again', async () => {
    const ask = () =>
      gatehouse.ask('POST', `/v1/services/${code}/proxy/transmission/rpc`, {
        body: { method: 'session-get' },
      });
    expect((await ask()).at('arguments.config-dir')).toBe(transmission.dataDir);
    await transmission.restart();
    expect((await ask()).at('arguments.config-dir')).toBe(transmission.dataDir);
  });

  it('is left alone after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: transmission.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    for (let tries = 1; tries <= 3; tries += 1) {
      const refused = await gatehouse.call(other, 'torrents');
      expect([outcome(refused), refused.headers.get('retry-after')]).toEqual([
        '502 AUTHENTICATION_FAILED',
        null,
      ]);
    }
    const paused = await gatehouse.call(other, 'torrents');
    expect(outcome(paused)).toBe('502 AUTHENTICATION_FAILED');
    expect(Number(paused.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});
