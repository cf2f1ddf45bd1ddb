import type { CookieJar } from 'tough-cookie';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { Transport, UpstreamResponse } from '../../vendors/http/transport.ts';
import { readAnswer } from '../../definition/predicate/answer.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { keepCookies } from '../cookies/collect.ts';

/** Redirects followed one after the other, SPEC 5. */
const MAX_REDIRECTS = 5;

export interface Request {
  method: string;
  /** Absolute. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: Buffer;
}

/** One answer and the address that gave it. */
export interface Visit {
  url: string;
  answer: Answer;
}

/** Where a redirect pointed, and why it was not followed if it was not. */
export interface Hop {
  from: Visit;
  to: string | undefined;
  stopped?: 'other-origin' | 'would-repeat' | 'too-many' | 'no-address';
}

/** What a browser does for a login: cookies kept and sent, redirects followed on the same origin. */
export interface Browser {
  /** One request, its cookies kept. A `GET` that fails on the network is sent once more, if `repeat`. */
  open(request: Request, options: { repeat: boolean }): Promise<Visit>;
  /** Where this answer redirects to. `undefined`: nowhere. */
  next(visit: Visit, method: string): Hop | undefined;
  /** Follows redirects with `GET` until there is none left to follow. `onHop` is called for each. */
  follow(
    visit: Visit,
    options: { method: string; headers: Record<string, string> },
    onHop?: HopListener,
  ): Promise<Visit>;
}

export type HopListener = (hop: Hop, visit: Visit | undefined, durationMs: number) => void | Promise<void>;

export interface BrowserDeps {
  transport: Transport;
  clock: Clock;
  jar: CookieJar;
  /** Nothing outside it is visited. */
  origin: string;
  charset: string | undefined;
  deadline: Deadline;
  timeoutMs: number;
  maxBytes: number;
}

export function createBrowser(deps: BrowserDeps): Browser {
  const { transport, clock, jar, origin, charset, deadline, timeoutMs, maxBytes } = deps;

  async function send(request: Request): Promise<UpstreamResponse> {
    if (remaining(deadline, clock) === 0) {
      throw new GatewayError('DEADLINE_EXCEEDED', 'No time was left to log in.');
    }
    const cookie = await jar.getCookieString(request.url);
    const headers = cookie === '' ? request.headers : { ...request.headers, cookie };
    return transport.send({ ...request, headers, timeoutMs, deadline, maxBytes });
  }

  const open: Browser['open'] = async (request, { repeat }) => {
    const response = await send(request).catch((error: unknown) => {
      if (!repeat || request.method !== 'GET' || !isGatewayError(error, 'PLATFORM_UNAVAILABLE')) throw error;
      return send(request);
    });
    await keepCookies(jar, request.url, response.setCookies);
    return { url: request.url, answer: readAnswer(response, { charset }) };
  };

  const next: Browser['next'] = (visit, method) => {
    const { status, headers } = visit.answer;
    const location = headers['location'];
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
    const to = URL.parse(percentEncodeBytes(location), visit.url);
    if (!to) return { from: visit, to: undefined, stopped: 'no-address' };
    to.hash = '';
    if (to.origin !== origin) return { from: visit, to: to.href, stopped: 'other-origin' };
    // 307 and 308 ask for the same request again: a form goes out once.
    if (status >= 307 && method !== 'GET') return { from: visit, to: to.href, stopped: 'would-repeat' };
    return { from: visit, to: to.href };
  };

  return {
    open,
    next,
    follow: async (start, { method, headers }, onHop) => {
      let visit = start;
      for (let hops = 0; ; hops += 1) {
        const hop = next(visit, hops === 0 ? method : 'GET');
        if (!hop) return visit;
        if (hop.to === undefined || hop.stopped || hops === MAX_REDIRECTS) {
          await onHop?.(hop.stopped ? hop : { ...hop, stopped: 'too-many' }, undefined, 0);
          return visit;
        }
        const startedAt = clock.now();
        const request = { method: 'GET', url: hop.to, headers: { ...headers, referer: visit.url } };
        visit = await open(request, { repeat: true });
        await onHop?.(hop, visit, clock.now() - startedAt);
      }
    },
  };
}

/** A header arrives as one character per byte: bytes beyond ASCII are sent back unchanged, whatever the charset. */
function percentEncodeBytes(location: string): string {
  return location.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
