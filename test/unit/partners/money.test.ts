import { describe, expect, test } from 'vitest';
import { parsePartnerDefinition } from '../../../lib/partners/definition.ts';
import { bookNamed, moneyOf, moneyOfService } from '../../../lib/partners/money.ts';

const partner = (code: string, settings: object = {}) => ({
  definition: parsePartnerDefinition({ code, settings, webhook: {} }),
});
const catalogOf = (...services: ReturnType<typeof partner>[]) => ({ list: async () => services });

describe('the money of a partner', () => {
  test('of one whose settings say nothing: the book main, one for one, 15 and 16', () => {
    expect(moneyOf(partner('URS'), [])).toEqual({
      book: { name: 'main', currency: 'DIAMOND', houses: ['15', '16'], houseShards: 16 },
      fund: '15',
      control: '16',
      ratio: '1',
    });
  });

  test.each([
    [{ diamondRatio: 'abc' }, 'diamondRatio'],
    [{ diamondRatio: -1 }, 'diamondRatio'],
    [{ controlUserId: 15 }, 'controlUserId'],
    [{ fundUserId: 'x' }, 'fundUserId'],
    [{ fundUserId: '9007199254740993' }, 'fundUserId'],
    [{ houseShards: 33 }, 'houseShards'],
    [{ book: 'Main' }, 'book'],
    [{ book: 'a#b' }, 'book'],
    [{ currencyType: '' }, 'currencyType'],
  ])('refuses %j, naming the setting', (settings, field) => {
    expect(() => moneyOf(partner('URS', settings), [])).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_ERROR',
        fields: [expect.objectContaining({ field: `settings.${field}` })],
      }) as Error,
    );
  });

  test('a shared book has the house accounts of all its partners', () => {
    const [a, b, c] = [
      partner('PARTNER_A', { fundUserId: 25, controlUserId: 26, houseShards: 4 }),
      partner('PARTNER_B', { fundUserId: 15, diamondRatio: 300 }),
      partner('PARTNER_C', { fundUserId: 35, controlUserId: 36, book: 'emerald', currencyType: 'EMERALD' }),
    ];
    const all = [a, b, c];
    expect(moneyOf(a, all)).toMatchObject({
      book: { name: 'main', houses: ['25', '26', '15', '16'], houseShards: 4 },
      fund: '25',
      ratio: '1',
    });
    expect(moneyOf(b, all)).toMatchObject({ book: { houses: ['15', '16', '25', '26'] }, ratio: '300' });
    expect(moneyOf(c, all).book.houses).toEqual(['35', '36']);
  });

  test('two that share a book and count different things are both refused', () => {
    const [a, b] = [partner('PARTNER_A'), partner('PARTNER_B', { currencyType: 'GOLD' })];
    for (const [one, other] of [
      [a, 'PARTNER_B'],
      [b, 'PARTNER_A'],
    ] as const) {
      expect(() => moneyOf(one, [a, b])).toThrow(
        expect.objectContaining({
          code: 'CONFIGURATION_ERROR',
          message: expect.stringContaining(other) as string,
          fields: [expect.objectContaining({ field: 'settings.currencyType' })],
        }) as Error,
      );
    }
  });

  test('is not concerned by a service without a webhook, nor by one whose settings cannot be read', () => {
    const others = [
      { definition: parsePartnerDefinition({ code: 'NO_PARTNER', settings: { currencyType: 'CNY' } }) },
      partner('BROKEN', { currencyType: 'CNY', diamondRatio: 'x' }),
    ];
    expect(moneyOf(partner('URS'), others).book.currency).toBe('DIAMOND');
  });

  test('is found by code', async () => {
    const catalog = catalogOf(partner('PARTNER_A', { book: 'emerald', currencyType: 'EMERALD' }));
    expect((await moneyOfService(catalog, 'PARTNER_A')).book.name).toBe('emerald');
    await expect(moneyOfService(catalog, 'PARTNER_B')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'Service PARTNER_B was not found.',
    });
    const without = { definition: parsePartnerDefinition({ code: 'NO_PARTNER' }) };
    await expect(moneyOfService(catalogOf(without), 'NO_PARTNER')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'NO_PARTNER has no webhook: it is in no book.',
    });
  });

  test('a book is found by name; main is always there', async () => {
    const catalog = catalogOf(partner('PARTNER_A', { book: 'emerald', currencyType: 'EMERALD' }));
    expect(await bookNamed(catalog, 'emerald')).toMatchObject({ name: 'emerald', currency: 'EMERALD' });
    expect(await bookNamed(catalog, 'main')).toEqual({
      name: 'main',
      currency: 'DIAMOND',
      houses: ['15', '16'],
      houseShards: 16,
    });
    expect(await bookNamed(catalog, 'ruby')).toBeUndefined();
    const renamed = catalogOf(partner('PARTNER_A', { currencyType: 'GOLD', fundUserId: 3 }));
    expect(await bookNamed(renamed, 'main')).toMatchObject({ currency: 'GOLD', houses: ['3', '16'] });
  });
});
