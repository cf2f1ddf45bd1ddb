import { describe, expect, it } from 'vitest';
import { DEFAULT_MONEY, moneySettings, validMoneySettings } from '../../../lib/partners/settings.ts';

const read = (settings: Record<string, unknown>) => moneySettings({ code: 'URS', settings });

describe('what settings say of money', () => {
  it('where they say nothing', () => {
    const usual = {
      book: 'main',
      currencyType: 'DIAMOND',
      diamondRatio: '1',
      fundUserId: '15',
      controlUserId: '16',
      houseShards: 16,
    };
    expect(DEFAULT_MONEY).toEqual(usual);
    expect(read({})).toEqual(usual);
  });

  it('is read exactly, and beside what else they say', () => {
    const settings = {
      book: 'emerald',
      currencyType: 'EMERALD',
      diamondRatio: '300.0000000001',
      fundUserId: '25',
      controlUserId: 9007199254740991,
      houseShards: 32,
      ecologyId: 1,
    };
    expect(read(settings)).toEqual({ ...settings, controlUserId: '9007199254740991' });
    expect(read({ diamondRatio: 0.5 }).diamondRatio).toBe('0.5');
  });

  it('is parsed once for one definition', () => {
    const definition = { code: 'URS', settings: {} };
    expect(moneySettings(definition)).toBe(moneySettings(definition));
    expect(moneySettings({ ...definition })).not.toBe(moneySettings(definition));
  });

  it.each([
    [{ book: 'Main' }, 'book', 'is no name of a book'],
    [{ currencyType: '1' }, 'currencyType', 'is no name of a currency'],
    [{ diamondRatio: '0' }, 'diamondRatio', 'must be a positive decimal number'],
    [{ diamondRatio: '-1' }, 'diamondRatio', 'must be a positive decimal number'],
    [{ diamondRatio: 'ten' }, 'diamondRatio', 'must be a positive decimal number'],
    [{ diamondRatio: 1e-11 }, 'diamondRatio', 'must be a positive decimal number'],
    [{ fundUserId: 16 }, 'controlUserId', 'must not be the fund account'],
  ])('is refused in %j, by name', (settings, field, message) => {
    expect(() => read(settings)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_ERROR',
        message: `URS: settings.${field} ${message}.`,
        fields: [{ field: `settings.${field}`, message }],
      }) as Error,
    );
  });

  it.each([{ houseShards: 0 }, { houseShards: 33 }, { houseShards: 1.5 }, { diamondRatio: true }])(
    'is refused in %j',
    (settings) => {
      expect(() => read(settings)).toThrow(`URS: settings.${Object.keys(settings)[0]} `);
    },
  );

  it('is told apart from what is invalid by who asks no more than that', () => {
    const definition = { code: 'URS', settings: { book: 'emerald' } };
    expect(validMoneySettings(definition)).toBe(moneySettings(definition));
    expect(validMoneySettings({ code: 'URS', settings: { book: 'Main' } })).toBeUndefined();
  });

  it('is read to the last shard', () => {
    expect(
      [read({ houseShards: 1 }), read({ houseShards: 32 })].map(({ houseShards }) => houseShards),
    ).toEqual([1, 32]);
  });
});
