import { describe, expect, it } from 'vitest';
import { originOf, splitTarget } from '../../../lib/vendors/http/target.ts';

const deployed = { isLocal: false };

describe('splitTarget', () => {
  it.each([
    ['https://a.example/x/y?z=1', 'https://a.example', '/x/y?z=1'],
    ['https://a.example', 'https://a.example', '/'],
    ['https://a.example?z=1', 'https://a.example', '/?z=1'],
    ['https://a.example:8443//x', 'https://a.example:8443', '//x'],
    ['https://a.example/x?y=/../z&w=\\', 'https://a.example', '/x?y=/../z&w=\\'],
    ['https://a.example/%2Ex/', 'https://a.example', '/%2Ex/'],
    ['https://[2606:4700::1]:1/x', 'https://[2606:4700::1]:1', '/x'],
  ])('%s', (url, authority, path) => {
    expect(splitTarget(url)).toEqual({ authority, path });
  });

  it.each(['', '/x', 'a.example/x', 'https://', 'https:///x', 'https://a.example\\x'])(
    'P1 refuses %j',
    (url) => {
      expect(() => splitTarget(url)).toThrow(expect.objectContaining({ code: 'MALFORMED_REQUEST' }));
    },
  );
});

describe('originOf', () => {
  it.each([
    ['https://A.Example:443', 'https://a.example'],
    ['https://例子.example', 'https://xn--fsqu00a.example'],
    ['https://8.8.8.8:8443', 'https://8.8.8.8:8443'],
  ])('%s is %s', (authority, origin) => {
    expect(originOf(authority, deployed)).toBe(origin);
  });

  it.each([
    'https://a@b.example',
    'https://@b.example',
    'https://b.example\n',
    'https://b\t.example',
    'https://b%2eexample',
    'https://b.example:99999',
    'https://b .example',
    'https://127.1',
    'http://b.example',
  ])('P1 refuses %j', (authority) => {
    expect(() => originOf(authority, deployed)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_ERROR', mayHaveHadEffect: false }),
    );
  });
});
