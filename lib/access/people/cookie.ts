/** The cookie of a person who has logged in. */
import { SESSION_SECONDS } from './sessions.ts';

const NAME = 'gatehouse_session';

/** @param isLocal on loopback there is no TLS: browsers would drop a cookie that is `Secure`. */
export function sessionCookie(token: string, isLocal: boolean): string {
  return cookie(token, SESSION_SECONDS, isLocal);
}

/** Has the browser drop it. */
export function endedCookie(isLocal: boolean): string {
  return cookie('', 0, isLocal);
}

function cookie(value: string, maxAge: number, isLocal: boolean): string {
  return `${NAME}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict${isLocal ? '' : '; Secure'}`;
}

/**
 * The token among a request's cookies (`name=value` each); `undefined` where there is none, where it is no token, and where
 * the name stands twice: a sibling domain may have set one of them.
 */
export function sessionToken(cookies: readonly string[]): string | undefined {
  const found = cookies.filter((one) => one.trim().startsWith(`${NAME}=`));
  const [only] = found;
  if (only === undefined || found.length > 1) return undefined;
  return /^[\w-]{43}$/.exec(only.trim().slice(NAME.length + 1))?.[0];
}
