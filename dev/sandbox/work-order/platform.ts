/**
 * A work-order platform as Chinese PHP platforms are: GBK pages, a captcha, `alert()` errors with status 200,
 * session cookies, a CSRF header, and faults that can be switched on (`/__control`).
 */
import { randomBytes } from 'node:crypto';
import { json, startPeer } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';
import { createApi } from './api.ts';
import { createCaptchas } from './captcha.ts';
import { createLoginPages } from './login-pages.ts';
import type { WorkOrderCredentials } from './login-pages.ts';
import { loginPage, mainPage } from './pages.ts';
import { ControlChange, DEFAULT_SWITCHES, freshCounters } from './switches.ts';
import type { Counters, Switches } from './switches.ts';
import { createVisits } from './visits.ts';

export interface WorkOrderOptions {
  port?: number | undefined;
  credentials?: WorkOrderCredentials;
  now?: () => number;
  /** Uniform in [0, 1): what the captchas are drawn with. */
  fraction?: () => number;
}

export interface WorkOrderState {
  switches: Switches;
  counters: Counters;
  liveSessions: number;
  accountLocked: boolean;
}

export interface WorkOrderControl {
  set(change: ControlChange): WorkOrderState;
  state(): WorkOrderState;
  expireSessions(style?: Switches['expiryStyle']): void;
  down(): void;
  up(): void;
  slow(ms: number): void;
  /** `times` undefined: until told otherwise; status `null`: stop failing. */
  fail(status: number | null, times?: number): void;
  wrongCaptcha(times: number): void;
  refuseCredentials(refuse: boolean): void;
  reset(): void;
}

export interface WorkOrderPlatform {
  baseUrl: string;
  credentials: WorkOrderCredentials;
  control: WorkOrderControl;
  counters(): Counters;
  /** What a captcha picture drawn here says. */
  captchaText(image: Buffer): string | undefined;
  stop(): Promise<void>;
}

const CREDENTIALS: WorkOrderCredentials = { userNo: 'SZX0231', username: '张伟', password: 'gongdan-2026' };
const CONTROL_PATH = '/__control';

export async function startWorkOrderPlatform(options: WorkOrderOptions = {}): Promise<WorkOrderPlatform> {
  const { credentials = CREDENTIALS, now = Date.now, fraction = Math.random } = options;
  const token = () => randomBytes(16).toString('hex');
  const captchas = createCaptchas(fraction);
  const switches: Switches = { ...DEFAULT_SWITCHES };
  const counters = freshCounters();
  const visits = createVisits(now, token);
  const loginPages = createLoginPages({ credentials, captchas, visits, switches, counters });
  const api = createApi({ switches, counters, now });

  const state = (): WorkOrderState =>
    structuredClone({
      switches,
      counters,
      liveSessions: visits.liveSessions(),
      accountLocked: loginPages.accountLocked(),
    });

  function set({ reset, expireSessions, ...change }: ControlChange): WorkOrderState {
    if (reset) {
      const { concurrent } = counters;
      Object.assign(switches, DEFAULT_SWITCHES);
      Object.assign(counters, freshCounters(), { concurrent });
      loginPages.reset();
      api.reset();
    }
    if (reset || expireSessions) visits.expireAll();
    Object.assign(switches, Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)));
    return state();
  }

  function handleControl({ method, body }: PeerRequest): Reply {
    if (method === 'GET') return json(state());
    const change = ControlChange.safeParse(parsedJson(body));
    return change.success ? json(set(change.data)) : json({ errors: change.error.issues }, 400);
  }

  /** Everything but the login pages needs a session. */
  async function inside(request: PeerRequest): Promise<Reply> {
    const session = visits.session(request.cookies.get('PHPSESSID'), switches.sessionSeconds);
    const isApi = request.path.startsWith('/api/');
    // The second cookie lives under /api only: a jar that forgets paths loses it or sends it everywhere.
    if (!session || (isApi && request.cookies.get('api_token') !== session.apiToken)) {
      counters.expired += 1;
      return EXPIRED[switches.expiryStyle]();
    }
    if (isApi) return api.answer(request, session.csrfToken);
    return request.path === '/main.php' ? mainPage(credentials.username) : { status: 404 };
  }

  async function handle(request: PeerRequest): Promise<Reply> {
    if (request.path === CONTROL_PATH) return handleControl(request);
    count(request, counters);
    counters.concurrent += 1;
    counters.maxConcurrent = Math.max(counters.maxConcurrent, counters.concurrent);
    try {
      if (switches.slowMs > 0)
        await new Promise((resolve) => void setTimeout(resolve, switches.slowMs).unref());
      return failing(switches) ?? loginPages.answer(request) ?? (await inside(request));
    } finally {
      counters.concurrent -= 1;
    }
  }

  const peer = await startPeer({
    port: options.port,
    handle,
    hangUp: (path) => {
      const hangsUp = switches.down && path !== CONTROL_PATH;
      if (hangsUp) counters.resets += 1;
      return hangsUp;
    },
  });

  return {
    baseUrl: peer.baseUrl,
    credentials,
    control: {
      set: (change) => set(ControlChange.parse(change)),
      state,
      expireSessions: (style) =>
        void set({ expireSessions: true, ...(style === undefined ? {} : { expiryStyle: style }) }),
      down: () => void set({ down: true }),
      up: () => void set({ down: false }),
      slow: (slowMs) => void set({ slowMs }),
      fail: (failStatus, times) => void set({ failStatus, failNext: times ?? null }),
      wrongCaptcha: (wrongCaptchaNext) => void set({ wrongCaptchaNext }),
      refuseCredentials: (refuseCredentials) => void set({ refuseCredentials }),
      reset: () => void set({ reset: true }),
    },
    counters: () => structuredClone(counters),
    captchaText: (image) => captchas.textOf(image),
    stop: () => peer.stop(),
  };
}

const EXPIRED: Record<Switches['expiryStyle'], () => Reply> = {
  redirect: () => ({ status: 302, headers: { location: '/user_login.php?timeout=1' } }),
  page: () => loginPage('', '登录超时，请重新登录'),
  status: () => json({ code: 401, message: '未登录' }, 401),
  json: () => json({ code: -100, message: '登录超时' }),
};

function failing(switches: Switches): Reply | undefined {
  if (switches.failStatus === null || switches.failNext === 0) return undefined;
  if (switches.failNext !== null) switches.failNext -= 1;
  return json({ code: switches.failStatus, message: '系统繁忙' }, switches.failStatus);
}

function count({ method, path, cookies }: PeerRequest, counters: Counters): void {
  const key = `${method} ${path}`;
  counters.requests[key] = (counters.requests[key] ?? 0) + 1;
  counters.totalRequests += 1;
  if (cookies.has('tracker') || (cookies.has('api_token') && !path.startsWith('/api'))) {
    counters.strayCookies += 1;
  }
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
