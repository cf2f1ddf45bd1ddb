import { describe, expect, expectTypeOf, it } from 'vitest';
import { omitUndefined } from '../../../lib/runtime/omit-undefined.ts';

describe('omitUndefined', () => {
  it('leaves out what is undefined, and nothing else', () => {
    const value = { a: undefined, b: null, c: 0, d: '', e: false, f: { g: undefined } };
    expect(Object.keys(omitUndefined(value))).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(value).toHaveProperty('a');
  });

  it('says of what may be undefined that it may be absent', () => {
    const known = omitUndefined({ a: 'x', b: undefined as number | undefined });
    expectTypeOf(known).branded.toEqualTypeOf<{ a: string; b?: number }>();
  });
});
