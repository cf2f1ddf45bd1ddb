import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { createLogger } from '../../../lib/vendors/log/log.ts';

const SECRET = 'canary-9f3b7c';

/** What the process wrote. */
let written = '';
const lines = () => written.split('\n').filter((line) => line !== '');

beforeEach(() => {
  written = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  }
});
afterEach(() => void vi.restoreAllMocks());

const parsed = () => lines().map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the logger', () => {
  it('writes one line of JSON per message, with the fields of its parents', () => {
    const log = createLogger({ logLevel: 'INFO', stage: 'test' }, 'proxy').with({ requestId: 'r-1' });
    log.info('a call', { service: 'ANY', durationMs: 12 });
    log.debug('not at this level');
    expect(parsed()).toHaveLength(1);
    expect(parsed()[0]).toMatchObject({
      level: 'INFO',
      message: 'a call',
      requestId: 'r-1',
      serviceCode: 'ANY',
      durationMs: 12,
    });
  });

  it('A4: a line stays whole whatever is in it', () => {
    const log = createLogger({ logLevel: 'INFO', stage: 'test' }, 'proxy');
    log.warn('one\ntwo\r\nthree\u2028four', { 'ke\ny': 'va\u2029l\nue', level: 'FAKE', message: 'fake' });
    expect(written.trimEnd()).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
    expect(parsed()[0]).toMatchObject({ level: 'WARN', level_: 'FAKE', message_: 'fake' });
  });

  it('A3: masks secrets in messages, fields and errors; of causes only names are shown', () => {
    const log = createLogger({ logLevel: 'INFO', stage: 'test' }, 'proxy');
    const cause = Object.assign(new TypeError(`SET session ${SECRET}`), { code: 'ECONNRESET' });
    log.error(`login with password=${SECRET}`, {
      headers: { Cookie: SECRET },
      error: new GatewayError('STORE_UNAVAILABLE', 'Redis did not answer.', {
        cause,
        internal: { step: 'lock' },
      }),
      other: new Error(`token=${SECRET}`, { cause }),
    });
    expect(written).not.toContain(SECRET);
    expect(parsed()[0]).toMatchObject({
      error: { code: 'STORE_UNAVAILABLE', step: 'lock', causes: ['TypeError (ECONNRESET)'] },
      other: { message: 'token=***' },
    });
  });

  it('is silent when told so', () => {
    createLogger({ logLevel: 'SILENT', stage: 'test' }, 'proxy').error('nothing');
    expect(written).toBe('');
  });

  it('never throws for what it is given', () => {
    const log = createLogger({ logLevel: 'INFO', stage: 'test' }, 'proxy');
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(() => {
      log.info('cyclic', { cyclic, big: 10n ** 30n, undefined });
      log.info('hostile', { hostile });
    }).not.toThrow();
    expect(parsed()).toMatchObject([{ message: 'cyclic' }, { message: 'hostile' }]);
  });
});
