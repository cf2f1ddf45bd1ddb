/** Who is at the platform: visitors on the login page, and people who are logged in. */

/** Someone who has a cookie and a captcha, but is not logged in. */
export interface Visit {
  csrf: string;
  /** Of the last picture shown; gone once it was tried. */
  captcha: string | undefined;
}

export interface LoggedIn {
  csrfToken: string;
  /** Value of the cookie that is only for `/api`. */
  apiToken: string;
  lastUsedAt: number;
}

export interface Visits {
  /** The visit under this PHPSESSID; begins one, with an id of its own, when there is none. */
  visit(id: string | undefined): { id: string; visit: Visit; began: boolean };
  /** Ends the visit and begins a session: the id changes, as `session_regenerate_id` does. */
  logIn(visitId: string): { id: string; session: LoggedIn };
  /** The live session under this id; using it prolongs it. */
  session(id: string | undefined, sessionSeconds: number): LoggedIn | undefined;
  expireAll(): void;
  liveSessions(): number;
}

export function createVisits(now: () => number, token: () => string): Visits {
  const visits = new Map<string, Visit>();
  const sessions = new Map<string, LoggedIn>();
  return {
    visit(id) {
      const known = id === undefined ? undefined : visits.get(id);
      if (id !== undefined && known) return { id, visit: known, began: false };
      const begun = { id: token(), visit: { csrf: token(), captcha: undefined }, began: true };
      visits.set(begun.id, begun.visit);
      return begun;
    },
    logIn(visitId) {
      visits.delete(visitId);
      const session = { csrfToken: token(), apiToken: token(), lastUsedAt: now() };
      const id = token();
      sessions.set(id, session);
      return { id, session };
    },
    session(id, sessionSeconds) {
      const session = id === undefined ? undefined : sessions.get(id);
      if (id === undefined || !session) return undefined;
      if (now() - session.lastUsedAt > sessionSeconds * 1_000) {
        sessions.delete(id);
        return undefined;
      }
      session.lastUsedAt = now();
      return session;
    },
    expireAll: () => sessions.clear(),
    liveSessions: () => sessions.size,
  };
}
