/** A signature checked in every language, against vectors made by the package `standardwebhooks`. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Driver, Reply } from './drivers.ts';
import { LANGUAGES } from './drivers.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const FORMER = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
const STRANGE = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const BODY =
  '{"type":"transfer.settled","timestamp":"2026-11-21T05:20:00.412Z","data":{"amount":"3000","name":"王芳","seq":9160109360600112681}}';

function signed(secrets: readonly string[], { body = BODY, secondsAgo = 0 } = {}): Record<string, string> {
  const at = new Date(Date.now() - secondsAgo * 1_000);
  return {
    'Webhook-Id': 'evt_1',
    'WEBHOOK-TIMESTAMP': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign('evt_1', at, body)).join(' '),
  };
}

/** With one header changed. */
const changed = (name: string, change: (value: string) => string) => {
  const headers = signed([SECRET]);
  return { ...headers, [name]: change(headers[name]!) };
};

describe.each(LANGUAGES.filter(({ present }) => present))('an event in $name', ({ name, mistake, start }) => {
  let driver: Driver;
  beforeAll(() => {
    driver = start();
  });
  afterAll(() => driver.stop());

  const verify = (
    headers: Record<string, string>,
    body: unknown = BODY,
    secrets: string | string[] = SECRET,
  ) => driver.do({ do: 'verify', headers, body, secrets });
  const verdict = ({ value, error }: Reply) => (value === undefined ? error?.class : 'holds');

  test('is given parsed, its numbers exact', async () => {
    const seq = name === 'TypeScript' ? '9160109360600112681' : '#9160109360600112681';
    const event = {
      id: 'evt_1',
      type: 'transfer.settled',
      timestamp: '2026-11-21T05:20:00.412Z',
      data: { amount: '3000', name: '王芳', seq },
    };
    expect((await verify(signed([SECRET]))).value).toEqual(event);
    const bytes = { base64: Buffer.from(BODY).toString('base64') };
    expect((await verify(signed([SECRET]), bytes)).value).toEqual(event);
  });

  test('holds while secrets are rotated, on both sides', async () => {
    expect(verdict(await verify(signed([STRANGE, SECRET])))).toBe('holds');
    expect(verdict(await verify(signed([SECRET]), BODY, [STRANGE, SECRET]))).toBe('holds');
    expect(verdict(await verify(signed([FORMER]), BODY, [SECRET, FORMER]))).toBe('holds');
    expect(verdict(await verify(signed([SECRET]), BODY, SECRET.slice('whsec_'.length)))).toBe('holds');
    expect(verdict(await verify(changed('webhook-signature', (one) => `v1a,xyz v1,*** ${one}`)))).toBe(
      'holds',
    );
  });

  test.each<[string, Record<string, string>, string?]>([
    ['another body', signed([SECRET]), BODY.replace('3000', '9000')],
    ['the same with a space more', signed([SECRET]), `${BODY} `],
    ['the secret of somebody else', signed([STRANGE])],
    ['another id', changed('Webhook-Id', () => 'evt_2')],
    ['another time', changed('WEBHOOK-TIMESTAMP', (at) => String(Number(at) + 1))],
    ['a signature cut short', changed('webhook-signature', (one) => one.slice(0, -4))],
    ['one without its version', changed('webhook-signature', (one) => one.slice(3))],
    ['one of another version', changed('webhook-signature', (one) => `v2${one.slice(2)}`)],
    ['one that is no text of ASCII', changed('webhook-signature', () => 'v1,é')],
    ['none', changed('webhook-signature', () => '')],
    ['no headers', {}],
    ['a time that is no number', changed('WEBHOOK-TIMESTAMP', (at) => `${at}.0`)],
    ['older than five minutes', signed([SECRET], { secondsAgo: 310 })],
    ['more than five minutes ahead', signed([SECRET], { secondsAgo: -310 })],
    ['signed, but no event', signed([SECRET], { body: '[1]' }), '[1]'],
    ['signed, but no JSON', signed([SECRET], { body: 'x' }), 'x'],
  ])('%s: refused', async (_what, headers, body = BODY) => {
    expect(verdict(await verify(headers, body))).toBe('EventVerificationError');
  });

  test('within five minutes holds', async () => {
    expect(verdict(await verify(signed([SECRET], { secondsAgo: 280 })))).toBe('holds');
    expect(verdict(await verify(signed([SECRET], { secondsAgo: -280 })))).toBe('holds');
  });

  test.each<[string, string | string[]]>([
    ['no secret', []],
    ['an empty one, with which anybody could sign', 'whsec_'],
    ['one that is no base64', `whsec_${'abc*'.repeat(12)}`],
    ['one of few bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ])('%s: a mistake of the caller', async (_what, secrets) => {
    const { error } = await verify(signed([SECRET]), BODY, secrets);
    expect(error?.class).toBe(mistake);
    expect(error?.text).not.toContain('abc*');
  });
});
