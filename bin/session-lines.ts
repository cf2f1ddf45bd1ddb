import { counted, relative, span } from './duration.ts';
import type { Answer } from './route-types.ts';

type SessionView = Answer<'getSession'>;
type SessionSummary = NonNullable<SessionView['main']>;

/** A session as lines for a person. @param now milliseconds since the epoch */
export function sessionLines(view: SessionView, now: number): string[] {
  const { main, backup, lockout, lastFailure, keepalive, stats } = view;
  const usual = stats.usualLoginMs > 0 ? `, a login takes ${stats.usualLoginMs} ms` : '';
  const rows: [string, string | undefined][] = [
    ['state', stateOf(view, now)],
    ['session', main ? sessionOf(main, now) : 'none'],
    ['cookies', main ? listed(main.cookies) : undefined],
    ['headers', main ? listed(main.headers) : undefined],
    ['values', main && main.values.length > 0 ? listed(main.values) : undefined],
    ['backup', backup ? sessionOf(backup, now) : 'none'],
    ['lockout', lockoutOf(lockout, now)],
    [
      'last failure',
      lastFailure
        ? `${lastFailure.code}, ${relative(lastFailure.at, now)}${lastFailure.count > 1 ? `, ${lastFailure.count} times in a row` : ''}`
        : 'none',
    ],
    [
      'keepalive',
      keepalive
        ? `next ${due(keepalive.nextAt, now)}, ${counted(keepalive.failures, 'failure')} in a row`
        : 'not yet',
    ],
    ['logins', `${stats.logins}, ${counted(stats.errors, 'error')}${usual}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(14)}${value}`]));
}

function stateOf({ state, main }: SessionView, now: number): string {
  if (state === 'refused') return 'refused: the platform ended it, the next call logs in';
  if (state === 'needs-person') return 'needs-person: log in with a browser, then gatehouse session import';
  if (state === 'none') return 'none: the next call logs in';
  if (state === 'locked-out') return main ? 'locked-out, the current session may still work' : 'locked-out';
  return state === 'live' && main ? `live, expires ${due(main.expiresAt, now)}` : state;
}

function sessionOf({ generation, createdAt, expiresAt, loginInfo }: SessionSummary, now: number): string {
  const how = loginInfo['trigger'] === 'import' ? 'taken over from a browser' : 'logged in';
  return `${generation}, ${how} ${relative(createdAt, now)}, until ${expiresAt}`;
}

function lockoutOf({ refusals, lockedUntil }: SessionView['lockout'], now: number): string {
  const refused = `credentials refused ${refusals} times in a row`;
  if (lockedUntil)
    return `for another ${span(Date.parse(lockedUntil) - now)}, until ${lockedUntil}: ${refused}`;
  return refusals > 0 ? `none yet: ${refused}` : 'none';
}

const due = (time: string, now: number) => (Date.parse(time) <= now ? 'now' : relative(time, now));
const listed = (names: string[]) => (names.length > 0 ? names.join(', ') : 'none');
