import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressScope, checkBaseUrl, mayReachAddress } from '../../../lib/vendors/http/address.ts';

const deployed = { isLocal: false };
const local = { isLocal: true };

describe('addressScope', () => {
  it.each([
    ['93.184.215.14', 'public'],
    ['8.8.8.8', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['2400:3200::1', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'other'],
    ['0.1.2.3', 'other'],
    ['10.0.0.1', 'other'],
    ['100.64.0.1', 'other'],
    ['100.100.100.200', 'other'],
    ['168.63.129.16', 'other'],
    ['169.254.169.254', 'other'],
    ['172.16.0.1', 'other'],
    ['172.31.255.255', 'other'],
    ['192.0.0.192', 'other'],
    ['192.0.2.1', 'other'],
    ['192.88.99.1', 'other'],
    ['192.168.1.1', 'other'],
    ['198.18.0.1', 'other'],
    ['198.51.100.1', 'other'],
    ['203.0.113.1', 'other'],
    ['224.0.0.1', 'other'],
    ['255.255.255.255', 'other'],
    ['::', 'other'],
    ['::ffff:127.0.0.1', 'other'],
    ['::ffff:169.254.169.254', 'other'],
    ['::ffff:8.8.8.8', 'other'],
    ['::127.0.0.1', 'other'],
    ['64:ff9b::a9fe:a9fe', 'other'],
    ['64:ff9b:1::1', 'other'],
    ['100::1', 'other'],
    ['2001::1', 'other'],
    ['2001:2::1', 'other'],
    ['2001:db8::1', 'other'],
    ['2002:a9fe:a9fe::', 'other'],
    ['3fff::1', 'other'],
    ['5f00::1', 'other'],
    ['fc00::1', 'other'],
    ['fd00:ec2::254', 'other'],
    ['fe80::1', 'other'],
    ['fe80::1%eth0', 'other'],
    ['ff02::1', 'other'],
    // just outside of a range, and in space that nobody has been given
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
    ['168.63.129.15', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['192.0.1.0', 'public'],
    ['198.17.255.255', 'public'],
    ['198.20.0.0', 'public'],
    ['223.255.255.255', 'public'],
    ['2001:1ff:ffff::1', 'other'],
    ['2001:200::1', 'public'],
    ['3fff:1000::1', 'public'],
    ['1fff::1', 'other'],
    ['4000::1', 'other'],
    ['::2', 'other'],
    // other spellings
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['2606:4700::1.1.1.1', 'public'],
    ['::FFFF:7f00:1', 'other'],
    ['127.1', 'other'],
    ['010.0.0.1', 'other'],
    ['0x7f.0.0.1', 'other'],
    ['2130706433', 'other'],
    ['127.0.0.1/8', 'other'],
    ['[::1]', 'other'],
    ['platform.example.com', 'other'],
    ['', 'other'],
  ])('%s is %s', (address, scope) => {
    expect(addressScope(address)).toBe(scope);
  });

  it('P1 never calls an IPv4 address inside an IPv6 one public', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::', '64:ff9b::'), (address, prefix) => {
        expect(addressScope(prefix + address)).toBe('other');
      }),
    );
  });

  it('opens loopback in stage local, and nothing else', () => {
    expect(mayReachAddress('127.0.0.1', local)).toBe(true);
    expect(mayReachAddress('127.0.0.1', deployed)).toBe(false);
    expect(mayReachAddress('10.0.0.1', local)).toBe(false);
  });
});

describe('checkBaseUrl', () => {
  it.each([
    'https://platform.example.com',
    'https://platform.example.com:8443/app',
    'https://例子.example.com/',
    'https://8.8.8.8',
    'https://[2606:4700:4700::1111]/',
  ])('takes %s', (url) => {
    expect(checkBaseUrl(url, deployed)).toBeUndefined();
    expect(checkBaseUrl(url, local)).toBeUndefined();
  });

  it.each(['http://127.0.0.1:3000', 'http://localhost:3000/app', 'http://[::1]:3000', 'https://127.0.0.1'])(
    'takes %s in stage local only',
    (url) => {
      expect(checkBaseUrl(url, local)).toBeUndefined();
      expect(checkBaseUrl(url, deployed)).toMatch(/https|public/);
    },
  );

  it.each([
    'http://platform.example.com',
    'ftp://platform.example.com',
    'https://0x7f.1',
    'https://2130706433',
    'https://017700000001',
    'https://127.1',
    'https://[::ffff:a9fe:a9fe]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[fd00:ec2::254]',
    'https://169.254.169.254/latest',
    'https://localhost',
    'https://localhost.',
    'https://foo.localhost',
    'https://metadata.google.internal',
    'https://printer.local',
    'https://intranet',
    'https://user@platform.example.com',
    'https://user:pass@platform.example.com',
    'https://@platform.example.com',
    'https://platform.example.com\\@169.254.169.254',
    'https://platform.example.com\\..\\x',
    'https://platform.example.com/a/../b',
    'https://platform.example.com/a/%2e%2e/b',
    'https://platform.example.com/a/..%2fb',
    'https://plat\nform.example.com',
    ' https://platform.example.com',
    'https://',
    'platform.example.com',
  ])('P1 refuses %j when deployed', (url) => {
    expect(checkBaseUrl(url, deployed)).toEqual(expect.any(String));
  });

  it.each([
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://platform.example.com',
    'http://0.0.0.0:3000',
  ])('P1 refuses %s even in stage local', (url) => {
    expect(checkBaseUrl(url, local)).toEqual(expect.any(String));
  });
});
