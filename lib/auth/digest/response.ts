/** The answer to a challenge: `Authorization: Digest` (RFC 7616 3.4). */
import { createHash } from 'node:crypto';
import { HASHES } from './challenge.ts';
import type { DigestChallenge } from './challenge.ts';

export interface DigestRequest {
  method: string;
  /** Path and query as they stand in the request line. */
  uri: string;
  username: string;
  password: string;
  cnonce: string;
  /** How often `nonce` was used, this time included. */
  count: number;
  /** Of the server's `nextnonce`, where it has sent one; else the challenge's own. */
  nonce: string;
}

/** Value of the header, and the part of it that proves the password. */
export function digestAuthorization(
  challenge: DigestChallenge,
  request: DigestRequest,
): { header: string; response: string } {
  const { realm, opaque, algorithm, isSession, hasQop, userhash, isUtf8 } = challenge;
  const { username, nonce, cnonce, uri } = request;
  const nc = request.count.toString(16).padStart(8, '0');
  const response = responseOf(challenge, request, nc);
  const hash = hasher(challenge);
  const fields = [
    userhash ? `username=${quoted(hash(bytes(username, ':', latin1(realm))))}` : nameField(username, isUtf8),
    `realm=${quoted(realm)}`,
    `uri=${quoted(uri)}`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    `nonce=${quoted(nonce)}`,
    ...(hasQop ? [`nc=${nc}`, 'qop=auth'] : []),
    ...(hasQop || isSession ? [`cnonce=${quoted(cnonce)}`] : []),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(userhash ? ['userhash=true'] : []),
  ];
  return { header: `Digest ${fields.join(', ')}`, response };
}

/** RFC 7616 3.4.1 to 3.4.3. In a session A1 keeps the challenge's nonce, whatever `nextnonce` says. */
function responseOf(challenge: DigestChallenge, request: DigestRequest, nc: string): string {
  const { realm, isSession, hasQop } = challenge;
  const { username, password, method, uri, nonce, cnonce } = request;
  const hash = hasher(challenge);
  const secret = hash(bytes(username, ':', latin1(realm), ':', password));
  const a1 = isSession ? hash(`${secret}:${challenge.nonce}:${cnonce}`) : secret;
  const a2 = hash(`${method}:${uri}`);
  return hash(hasQop ? [a1, nonce, nc, cnonce, 'auth', a2].join(':') : [a1, nonce, a2].join(':'));
}

const hasher =
  ({ hash }: DigestChallenge) =>
  (input: string | Buffer) =>
    createHash(HASHES[hash]).update(input).digest('hex');

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const bytes = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/**
 * A name beyond ASCII: as RFC 8187 has it where the server says that it knows that; else its UTF-8 as it is, as curl and
 * browsers send it. Apache and others from before RFC 7616 know no `username*`.
 */
function nameField(username: string, isUtf8: boolean): string {
  return isUtf8 && /[^\x20-\x7e]/.test(username)
    ? `username*=UTF-8''${encodeURIComponent(username).replace(/['()*]/g, percent)}`
    : `username=${quoted(Buffer.from(username).toString('latin1'))}`;
}

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
