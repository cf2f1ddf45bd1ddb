/** What a template carries whole: of a message that is signed, only that is signed. */
import { compile } from './compile.ts';
import type { FilterName } from './filters/names.ts';
import type { Name } from './names.ts';

/** Of two values these make two results. */
const KEEPING = new Set<FilterName>([
  'append',
  'prepend',
  'base64',
  'base64url',
  'hex',
  'json',
  'url_encode',
]);
/** So do these, as far as anybody knows; and what they write has but one case. */
const DIGESTS = new Set<FilterName>(['md5', 'sha1', 'sha256', 'sha512', 'sm3', 'hmac_sha1', 'hmac_sha256']);
const CASES = new Set<FilterName>(['upper', 'lower']);

/** Names whose whole value a change of which changes the text: none that went through `slice`, `trim`, `replace` ... */
export function carriedNames(template: string): Name[] {
  return compile(template).flatMap((part) => {
    if (typeof part === 'string') return [];
    let carried: Name[] = [part];
    let hasOneCase = false;
    for (const { filter, args } of part.filters) {
      const isDigest = DIGESTS.has(filter);
      const keeps = isDigest || KEEPING.has(filter) || (hasOneCase && CASES.has(filter));
      if (!keeps) carried = [];
      // The key of an HMAC is in its result as much as the text is.
      if (keeps) carried.push(...args.filter((arg) => typeof arg !== 'string'));
      hasOneCase = isDigest || filter === 'hex' || (hasOneCase && CASES.has(filter));
    }
    return carried;
  });
}
