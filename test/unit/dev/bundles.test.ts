import { describe, expect, test } from 'vitest';
import { bundle, differences, functionNames, readLists } from '../../../dev/bundles.ts';

describe('what each Lambda is made of', () => {
  test.each(functionNames())(
    '%s holds the rooms and packages that are listed, no more and no less',
    async (name) => {
      expect(differences(await bundle(name), readLists())).toEqual([]);
    },
    60_000,
  );

  test('a room that nobody named is a fault, and so is one that is gone', () => {
    const lists = { webhook: { rooms: ['lib/ledger', 'lib/text'], packages: ['zod'] } };
    const found = {
      name: 'webhook',
      bytes: 1,
      rooms: ['lib/ledger', 'lib/platforms/login'],
      packages: ['zod', 'undici'],
    };
    expect(differences(found, lists)).toEqual([
      'webhook: lib/platforms/login is new',
      'webhook: lib/text is listed, but gone',
      'webhook: undici is new',
    ]);
    expect(differences({ ...found, name: 'brand-new' }, lists)).toHaveLength(4);
  });

  test('the webhook moves money: it holds no HTML parser, cookie jar, login, captcha or Lambda client', async () => {
    const { packages, rooms, bytes } = await bundle('webhook');
    const foreign =
      /^(htmlparser2|css-select|domutils|domhandler|tough-cookie|tldts|undici|iconv-lite|re2js|@aws-sdk\/client-lambda)$/;
    expect(packages.filter((name) => foreign.test(name))).toEqual([]);
    expect(rooms.filter((room) => /platforms|auth|calls|lambda|http/.test(room))).toEqual([]);
    // Half of what it was when every function was composed of everything.
    expect(bytes / 1024).toBeLessThan(2289 / 2);
  }, 60_000);
});
