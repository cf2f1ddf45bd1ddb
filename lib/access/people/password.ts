/** Passwords as scrypt hashes in the PHC string format: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
import { scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../runtime/random.ts';

/** OWASP's: N=2^15, r=8, p=3. 32 MB, and some tenths of a second. */
const COST: Cost = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

interface Cost {
  /** Binary logarithm of N. */
  ln: number;
  r: number;
  p: number;
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{22})\$([\w+/]{43})$/;

export async function hashPassword(password: string, random: Pick<Random, 'bytes'>): Promise<string> {
  const salt = random.bytes(SALT_BYTES);
  return written(COST, salt, await derive(password, salt, COST));
}

/**
 * @param stored absent, or not readable: as much work, against a hash that no password has.
 */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, ln, r, p, salt, hash] = PHC.exec(stored ?? '') ?? PHC.exec(NOBODYS)!;
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt!, 'base64'), cost);
  return timingSafeEqual(derived, Buffer.from(hash!, 'base64'));
}

const NOBODYS = written(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

function written({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${text(salt)}$${text(hash)}`;
}

/** Normalised: the same characters, whichever keyboard composed them. */
function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
