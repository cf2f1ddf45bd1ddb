import { describe, expect, it } from 'vitest';
import { jsonBody } from '../../../lib/api/input.ts';

const read = (text: string) => jsonBody({ body: Buffer.from(text) });

describe('a JSON body', () => {
  it('is read as plain JSON; an absent one is an empty object', () => {
    expect(read('{"a":[1,-2.50,1e3],"b":null}')).toEqual({ a: [1, -2.5, 1_000], b: null });
    expect(read('')).toEqual({});
  });

  it.each([
    ['{"params":{"id":1234567890123456789}}', 'params.id'],
    ['{"items":[0,9007199254740993]}', 'items.1'],
    ['{"a":1e400}', 'a'],
    ['{"a":1e-400}', 'a'],
    ['9007199254740993', 'body'],
  ])('refuses %s, which a double would change, naming %s', (text, field) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', fields: [expect.objectContaining({ field })] }),
    );
  });

  it.each(['"\\ud800"', '{"a":"\\udc00\\ud800"}', '{"\\ud800":1}'])(
    'H8: refuses half a character: %s',
    (text) => {
      expect(() => read(text)).toThrow(
        expect.objectContaining({
          code: 'VALIDATION_FAILED',
          fields: [expect.objectContaining({ field: 'body' })],
        }),
      );
    },
  );

  it('refuses what is no JSON', () => {
    expect(() => read('{"a":}')).toThrow(expect.objectContaining({ code: 'MALFORMED_REQUEST' }));
  });
});
