import { GatewayError } from '../../runtime/errors.ts';
import type { FoundCookie } from './found.ts';

/** curl, yt-dlp and some extensions write HttpOnly cookies so; other lines that begin with `#` are comments. */
const HTTP_ONLY = '#HttpOnly_';

/**
 * Netscape's cookies.txt: domain, for hosts below it too, path, secure, end in seconds (0: none), name, value, separated
 * by tabs. @throws GatewayError `VALIDATION_FAILED` naming the line that is none; its text is secret.
 */
export function readCookiesTxt(text: string): FoundCookie[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const entry = line.startsWith(HTTP_ONLY) ? line.slice(HTTP_ONLY.length) : line;
    if (entry.trim() === '' || entry.startsWith('#')) return [];
    const cookie = readLine(entry);
    if (cookie) return [cookie];
    throw new GatewayError('VALIDATION_FAILED', `Line ${at + 1} is none of a cookies.txt.`);
  });
}

function readLine(line: string): FoundCookie | undefined {
  const [domain = '', below = '', path = '', secure = '', ends = '', name = '', value = '', ...rest] =
    line.split('\t');
  const isFlag = (text: string) => /^(?:TRUE|FALSE)$/i.test(text);
  const seconds = Number(ends);
  const isWhole = domain !== '' && name !== '' && path.startsWith('/') && rest.length === 0;
  if (!isWhole || !isFlag(below) || !isFlag(secure) || ends === '' || !Number.isFinite(seconds)) {
    return undefined;
  }
  return {
    name,
    value,
    domain,
    hostOnly: /^false$/i.test(below),
    path,
    expires: seconds > 0 ? seconds * 1_000 : undefined,
    secure: /^true$/i.test(secure),
  };
}
