import { describe, expect, it } from 'vitest';
import { differences, formatDifferences } from '../../../lib/registry/diff.ts';

describe('the difference of two definitions', () => {
  it('is nothing for the same document, whatever the order of keys', () => {
    expect(differences({ a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 })).toEqual([]);
  });

  it('names what was added, removed and changed, leaf by leaf', () => {
    const before = { name: 'A', timeoutSeconds: 30, auth: { type: 'NONE' }, list: [{ a: 1 }, { a: 2 }] };
    const after = { name: 'A', timeoutSeconds: 20, list: [{ a: 1 }, { a: 3 }], breaker: { failures: 5 } };
    expect(formatDifferences(differences(before, after)).split('\n')).toEqual([
      '~ timeoutSeconds: 30 → 20',
      '~ list.1.a: 2 → 3',
      '+ breaker: {"failures":5}',
      '- auth: {"type":"NONE"}',
    ]);
  });

  it('shows lists of plain values, and of another length, whole', () => {
    expect(differences({ a: [1, 2] }, { a: [1, 3] })).toEqual([{ path: 'a', before: [1, 2], after: [1, 3] }]);
    expect(differences({ a: [{}] }, { a: [] })).toEqual([{ path: 'a', before: [{}], after: [] }]);
  });

  it('shows everything of a new one, and cuts what is long', () => {
    expect(formatDifferences(differences(undefined, { a: 1 }))).toBe('+ (document): {"a":1}');
    expect(formatDifferences([{ path: 'a', after: 'x'.repeat(500) }]).length).toBeLessThan(220);
  });
});
