/**
 * Names under which secrets travel: keys of JSON, fields of forms and queries, headers, cookies. Rather masks
 * too much than too little.
 */
import { LRUCache } from 'lru-cache';

/** Anywhere in the name, after `normalized`. */
const PARTS = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'cookie',
  'authorization',
  'credential',
  'apikey',
  'appkey',
  'accesskey',
  'privatekey',
  'softkey',
  'userkey',
  'sessionid',
  'sessid',
  'signature',
  'encrypteddata',
  'jwt',
  'csrf',
  'xsrf',
  '密码',
  '口令',
  '密钥',
  '令牌',
  '签名',
  // 密码 as a GBK form field: percent-encoded bytes that are no UTF-8
  '%c3%dc%c2%eb',
];

/** The whole name. */
const WHOLE = new Set([
  'pass',
  'pass1',
  'pass2',
  'pin',
  'mima',
  'sign',
  'sig',
  'auth',
  'sid',
  'otp',
  'key',
  'ukey',
  'jar',
]);

/** Requests and answers repeat their names; a longer one is somebody's own. */
const known = new LRUCache<string, boolean>({ max: 2_000 });
const LONGEST_KNOWN = 64;

/** Letters and digits of this length are no word. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[\w.~+/=%:-]{16,}$/i;

/**
 * Is a cookie, or a value that a login has given, a secret? Language, theme or department are such values too, and stand
 * in answers. So do tokens against forged forms, which a caller of the raw proxy has to send back: without the session
 * they are worth nothing.
 */
export function isSecretValue(name: string, value: string): boolean {
  if (/csrf|xsrf/i.test(name)) return false;
  return (
    isSecretName(name) || /sess|sid|auth|ticket/i.test(name) || (RANDOM.test(value) && !/id$/i.test(name))
  );
}

export function isSecretName(name: string): boolean {
  const found = known.get(name);
  if (found !== undefined) return found;
  const plain = normalized(name);
  const isSecret = WHOLE.has(plain) || PARTS.some((part) => plain.includes(part));
  if (name.length <= LONGEST_KNOWN) known.set(name, isSecret);
  return isSecret;
}

/** A name that is a whole word, with a value behind it. */
const WHOLE_WITH_VALUE = new RegExp(`\\b(?:${[...WHOLE].join('|')})\\b["']?\\s{0,8}[:=>]`, 'i');

/** Does a text, whatever it is written in, speak of a secret by its name? */
export function mentionsSecret(text: string): boolean {
  const plain = text.toLowerCase().replace(/[-_.\s[\]]/g, '');
  return PARTS.some((part) => plain.includes(part)) || WHOLE_WITH_VALUE.test(text);
}

/** `X-CSRF-Token`, `csrf_token`, `csrfToken` and `csrf%5Ftoken` are one name. */
function normalized(name: string): string {
  return decoded(name.slice(0, 256))
    .toLowerCase()
    .replace(/[-_.\s[\]]/g, '');
}

function decoded(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
