/**
 * The filters of templates (SPEC 3): `{{credentials.password | md5 | upper}}`. Their names stand apart from what they do,
 * so that checking a definition needs no cryptography.
 */

/** How many arguments each takes, at least and at most. */
export const FILTER_ARGUMENTS = {
  md5: [0, 0],
  sha1: [0, 0],
  sha256: [0, 0],
  sha512: [0, 0],
  sm3: [0, 0],
  hmac_sha1: [1, 1],
  hmac_sha256: [1, 1],
  base64: [0, 0],
  base64url: [0, 0],
  hex: [0, 0],
  upper: [0, 0],
  lower: [0, 0],
  trim: [0, 0],
  url_encode: [0, 0],
  json: [0, 0],
  rsa: [1, 1],
  rsa_oaep: [1, 2],
  aes_cbc: [2, 2],
  aes_ecb: [1, 1],
  sm2: [1, 1],
  sm4_ecb: [1, 1],
  totp: [0, 0],
  append: [1, 1],
  prepend: [1, 1],
  replace: [2, 2],
  slice: [1, 2],
  default: [1, 1],
} as const satisfies Record<string, readonly [least: number, most: number]>;

export type FilterName = keyof typeof FILTER_ARGUMENTS;

export const isFilterName = (name: string): name is FilterName => Object.hasOwn(FILTER_ARGUMENTS, name);

/** Says what is wrong with so many arguments; `undefined`: nothing. */
export function argumentsProblem(name: FilterName, count: number): string | undefined {
  const [least, most] = FILTER_ARGUMENTS[name];
  if (count >= least && count <= most) return undefined;
  const wanted =
    most === 0 ? 'no argument' : least === most ? countOf(least) : `${least} to ${most} arguments`;
  return `${name} takes ${wanted}`;
}

/** Says what is wrong with arguments that are written out; `undefined`: nothing. */
export function literalsProblem(name: FilterName, literals: readonly string[]): string | undefined {
  return name === 'slice' && literals.some((text) => !/^-?\d{1,9}$/.test(text))
    ? 'slice takes whole numbers'
    : undefined;
}

const countOf = (count: number) => `${count} argument${count === 1 ? '' : 's'}`;
