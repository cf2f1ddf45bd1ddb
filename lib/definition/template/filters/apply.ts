import type { Moment } from '../scope.ts';
import { aesCbc, aesEcb, sm4Ecb } from './ciphers.ts';
import { hmacSha1, hmacSha256, md5, sha1, sha256, sha512, sm3 } from './digests.ts';
import { base64, base64url, hex } from './encodings.ts';
import type { Filter, Piped } from './filter.ts';
import type { FilterName } from './names.ts';
import { rsa, rsaOaep, sm2 } from './public-keys.ts';
import { append, json, lower, otherwise, prepend, replace, slice, trim, upper, urlEncode } from './texts.ts';
import { totp } from './totp.ts';

const FILTERS = {
  md5,
  sha1,
  sha256,
  sha512,
  sm3,
  hmac_sha1: hmacSha1,
  hmac_sha256: hmacSha256,
  base64,
  base64url,
  hex,
  upper,
  lower,
  trim,
  url_encode: urlEncode,
  json,
  rsa,
  rsa_oaep: rsaOaep,
  aes_cbc: aesCbc,
  aes_ecb: aesEcb,
  sm2,
  sm4_ecb: sm4Ecb,
  totp,
  append,
  prepend,
  replace,
  slice,
  default: otherwise,
} satisfies Record<FilterName, Filter>;

/** @throws FilterFault */
export function applyFilter(
  name: FilterName,
  value: Piped,
  args: readonly string[],
  { text, now }: { text: () => string; now: Moment },
): Piped {
  return FILTERS[name]({ value, text, args, now });
}
