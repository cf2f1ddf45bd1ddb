/** What a person or a test may change about the platform while it runs, and what it has counted. */
import * as z from 'zod';

/** How the platform shows that a session is gone. */
export const EXPIRY_STYLES = ['redirect', 'page', 'status', 'json'] as const;
export type ExpiryStyle = (typeof EXPIRY_STYLES)[number];

export interface Switches {
  /** `redirect`: 302 to user_login.php · `page`: 200 login page · `status`: 401 · `json`: 200 `{"code":-100}`. */
  expiryStyle: ExpiryStyle;
  /** Every answer waits this long, milliseconds. */
  slowMs: number;
  /** Every page and API call answers with this status, while `failNext` lasts (`null`: for ever). */
  failStatus: number | null;
  failNext: number | null;
  /** Connections are reset. */
  down: boolean;
  /** So many captchas to come are called wrong, whatever was typed. */
  wrongCaptchaNext: number;
  /** The password is wrong, whatever was typed. */
  refuseCredentials: boolean;
  /** Life of a session after its last use, as PHP's `session.gc_maxlifetime`. */
  sessionSeconds: number;
  /** Every API answer renews a cookie. */
  setCookieEachTime: boolean;
}

export const DEFAULT_SWITCHES: Switches = {
  expiryStyle: 'redirect',
  slowMs: 0,
  failStatus: null,
  failNext: null,
  down: false,
  wrongCaptchaNext: 0,
  refuseCredentials: false,
  sessionSeconds: 3_600,
  setCookieEachTime: false,
};

/** Body of `POST /__control`: switches to set, and two things to do. */
export const ControlChange = z
  .strictObject({
    expiryStyle: z.enum(EXPIRY_STYLES),
    slowMs: z.int().min(0).max(600_000),
    failStatus: z.int().min(200).max(599).nullable(),
    failNext: z.int().min(0).nullable(),
    down: z.boolean(),
    wrongCaptchaNext: z.int().min(0),
    refuseCredentials: z.boolean(),
    sessionSeconds: z.number().positive(),
    setCookieEachTime: z.boolean(),
    /** Ends every session now. */
    expireSessions: z.literal(true),
    /** Back to the beginning: switches, counters, sessions, orders, files, the account's lock. Done first. */
    reset: z.literal(true),
  })
  .partial();
/** `exactOptionalPropertyTypes` reads zod's partials as "may be undefined": harmless here. */
export type ControlChange = z.infer<typeof ControlChange>;

export interface Counters {
  captchas: number;
  logins: number;
  loginFailures: number;
  /** Of those, how many for the captcha. */
  wrongCaptchas: number;
  /** Requests by method and path, `GET /api/heartbeat`; those that were reset too. */
  requests: Record<string, number>;
  totalRequests: number;
  resets: number;
  orders: number;
  /** Requests without a live session. */
  expired: number;
  /** Cookies sent where they do not belong (another domain's, or outside their path). */
  strayCookies: number;
  concurrent: number;
  maxConcurrent: number;
}

export function freshCounters(): Counters {
  return {
    captchas: 0,
    logins: 0,
    loginFailures: 0,
    wrongCaptchas: 0,
    requests: {},
    totalRequests: 0,
    resets: 0,
    orders: 0,
    expired: 0,
    strayCookies: 0,
    concurrent: 0,
    maxConcurrent: 0,
  };
}
