import { createHash, createHmac } from 'node:crypto';
import { Bytes } from './filter.ts';
import type { Filter } from './filter.ts';

/** Of the text in UTF-8; of another digest's hex digits, as pages do it (`md5(md5(password) + salt)`). */
const digest =
  (algorithm: string): Filter =>
  ({ text }) =>
    new Bytes(createHash(algorithm).update(text()).digest(), 'hex');

/** RFC 2104; text and key in UTF-8. */
const hmac =
  (algorithm: string): Filter =>
  ({ text, args }) =>
    new Bytes(createHmac(algorithm, args[0]!).update(text()).digest(), 'hex');

export const md5 = digest('md5');
export const sha1 = digest('sha1');
export const sha256 = digest('sha256');
export const sha512 = digest('sha512');
/** GB/T 32905-2016. */
export const sm3 = digest('sm3');
export const hmacSha1 = hmac('sha1');
export const hmacSha256 = hmac('sha256');
