/** What a browser's file holds of a session, as far as one platform is sent it. */
import { isIP } from 'node:net';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { ImportedCookie } from '../session/import-input.ts';

export interface FoundCookie {
  name: string;
  value: string;
  /** With or without a dot before it. */
  domain: string;
  /** For that host alone, not for those below it. */
  hostOnly: boolean;
  path: string;
  /** Milliseconds since the epoch; absent: until the browser is closed. */
  expires?: number | undefined;
  secure: boolean;
}

/** For `PUT .../session`, and what a person should know was left out: names, never values. */
export interface Found {
  cookies: ImportedCookie[];
  /** Lower-case names. */
  headers: Record<string, string>;
  leftOut: string[];
}

/** Those that the host is sent and that a header can carry. */
export function cookiesOfHost(found: readonly FoundCookie[], host: string, now: number): Found {
  const cookies: ImportedCookie[] = [];
  const foreign = new Set<string>();
  const ended = new Set<string>();
  const unusable = new Set<string>();
  for (const cookie of found) {
    const { name, value, path, expires, secure } = cookie;
    const domain = cookie.domain.replace(/^\./, '').toLowerCase();
    if (!isSentTo(host, domain, cookie.hostOnly)) foreign.add(domain);
    else if (expires !== undefined && expires <= now) ended.add(name);
    else {
      const ofDomain = cookie.hostOnly ? undefined : domain;
      const known = ImportedCookie.safeParse(
        omitUndefined({ name, value, domain: ofDomain, path, expires: isoOf(expires), secure }),
      );
      if (known.success) cookies.push(known.data);
      else unusable.add(name);
    }
  }
  const leftOut = [
    ...listed('of other hosts', foreign),
    ...listed('that have ended', ended),
    ...listed('that no header can carry', unusable),
  ];
  return { cookies, headers: {}, leftOut };
}

const isSentTo = (host: string, domain: string, hostOnly: boolean): boolean =>
  host === domain || (!hostOnly && domain !== '' && !isIP(host) && host.endsWith(`.${domain}`));

/** The last moment that has an ISO date of four-digit years. */
const LAST = Date.UTC(9_999, 0);
const isoOf = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(Math.min(ms, LAST)).toISOString();

const SHOWN = 10;

/** Names may be a stranger's: cut, and as many as a person reads. */
export function listed(what: string, names: ReadonlySet<string>): string[] {
  if (names.size === 0) return [];
  const shown = [...names].slice(0, SHOWN).map((name) => name.slice(0, 80));
  const more = names.size > SHOWN ? ` and ${names.size - SHOWN} more` : '';
  return [`cookies ${what}: ${shown.join(', ')}${more}`];
}
