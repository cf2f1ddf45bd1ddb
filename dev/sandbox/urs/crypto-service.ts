/**
 * URS's own sealing, written after its PHP (`UrsCryptoService`) and independent of the gateway's code: both must
 * agree on the protocol.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export interface SealedMessage {
  data: string;
  iv: string;
  timestamp: number;
  sign: string;
}

/** Why a message is refused, in URS's words. */
export class CryptoRefusal extends Error {
  override readonly name = 'CryptoRefusal';
}

const TIMEOUT_SECONDS = 300;

/** As `openssl_encrypt` takes a key: NUL bytes to the right, or cut. */
function aesKey(key: string): Buffer {
  const whole = Buffer.from(key, 'utf8');
  return Buffer.concat([whole, Buffer.alloc(32)]).subarray(0, 32);
}

const sha256 = (...parts: (string | number)[]) => createHash('sha256').update(parts.join('')).digest('hex');

/** @param timestamp seconds since the epoch. */
export function encrypt(json: string, key: string, timestamp: number): SealedMessage {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', aesKey(key), iv);
  const data = cipher.update(json, 'utf8', 'base64') + cipher.final('base64');
  const ivText = iv.toString('base64');
  return { data, iv: ivText, timestamp, sign: sha256(data, ivText, timestamp, key) };
}

/** @throws CryptoRefusal */
export function decrypt(message: unknown, key: string, now: number): unknown {
  const { data, iv, timestamp, sign } = (message ?? {}) as Partial<Record<keyof SealedMessage, unknown>>;
  if (typeof data !== 'string' || typeof iv !== 'string' || typeof sign !== 'string') {
    throw new CryptoRefusal('参数错误');
  }
  const seconds = Number(timestamp);
  if (!(Math.abs(now - seconds) <= TIMEOUT_SECONDS)) throw new CryptoRefusal('请求已过期');
  if (sha256(data, iv, seconds, key) !== sign) throw new CryptoRefusal('签名验证失败');
  try {
    const decipher = createDecipheriv('aes-256-cbc', aesKey(key), Buffer.from(iv, 'base64'));
    return JSON.parse(decipher.update(data, 'base64', 'utf8') + decipher.final('utf8')) as unknown;
  } catch {
    throw new CryptoRefusal('解密失败');
  }
}
