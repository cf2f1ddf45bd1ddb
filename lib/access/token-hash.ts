import { createHash } from 'node:crypto';

/** As which a token is stored: SHA-256 in hex. Tokens have 256 random bits, so that nothing slower is needed. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');
