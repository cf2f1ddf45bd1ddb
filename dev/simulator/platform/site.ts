/** A platform that only lets a browser in: a login form, a cookie, sessions that it ends when it likes. */
import type { Transport, UpstreamRequest, UpstreamResponse } from '../../../lib/vendors/http/transport.ts';
import type { Journal } from '../journal.ts';
import { circumstance } from '../time/process.ts';
import { fateOf, travelMs } from '../weather.ts';
import { travel } from './journey.ts';

export const SITE = 'SITE';

/** So many logins in a row without a verdict, and they pause for so long. */
export const LOCKOUT = { failures: 3, seconds: 300 };

/** Of the service, as an operator would write it. */
export const siteDefinition = {
  code: SITE,
  name: 'A site',
  status: 'ACTIVE',
  baseUrl: 'https://site.example',
  auth: {
    type: 'SESSION',
    sessionTimeoutSeconds: 86_400,
    login: {
      submit: {
        path: '/login',
        body: 'form',
        fields: { user: '{{credentials.user}}', password: '{{credentials.password}}' },
      },
      success: { status: 302 },
      failures: [{ when: { status: 403 }, error: 'AUTHENTICATION_FAILED' }],
    },
    expired: { status: 401 },
    lockout: LOCKOUT,
  },
  operations: {
    read: { method: 'GET', path: '/orders', idempotent: true, success: { status: 200 } },
    order: {
      method: 'POST',
      path: '/orders',
      body: 'json',
      params: { type: 'object' },
      success: { status: 200 },
    },
  },
};

export const SITE_CREDENTIALS = { user: 'somebody', password: 'a-password-of-the-site' };

/** What it saw, with true times. */
export interface SiteRecord {
  /** Sessions that were given out. */
  logins: number[];
  /** Logins that met trouble on their way: another may be needed. */
  troubledLogins: number;
  /** Login forms in a row whose sender has no verdict, so far or for ever. */
  loginsWithoutVerdict: number;
  /** When an order was carried out, by its key. */
  orders: Map<string, number[]>;
  /** Requests with an order that met trouble on their way, by its key. */
  troubledOrders: Map<string, number>;
}

export class Site {
  readonly record: SiteRecord = {
    logins: [],
    troubledLogins: 0,
    loginsWithoutVerdict: 0,
    orders: new Map(),
    troubledOrders: new Map(),
  };
  readonly #valid = new Set<string>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** As a platform does at night: everybody has to log in again. @returns whether anybody was. */
  endSessions(): boolean {
    const any = this.#valid.size > 0;
    this.#valid.clear();
    return any;
  }

  readonly transport: Transport = {
    send: (request) => this.#send(request),
    close: async () => {},
  };

  async #send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const isLogin = request.url.endsWith('/login');
    if (isLogin) this.record.loginsWithoutVerdict += 1;
    const response = await this.#travel(request);
    if (isLogin && response.status < 500) this.record.loginsWithoutVerdict = 0;
    return response;
  }

  #travel(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { timeline, network, chance } = circumstance()!;
    const fate = fateOf(network.weather.platform, chance);
    const there = travelMs(fate, chance) + 20;
    const back = travelMs(fate, chance) + (request.url.endsWith('/login') ? chance.between(50, 600) : 10);
    if (fate !== 'none') this.#trouble(request);
    const journey = {
      fate,
      there,
      back,
      arrives: `${request.method} ${request.url} ${fate}`,
      answers: `the site answers ${request.url}`,
      answer: () =>
        fate === 'internal-error' ? page(500, 'Try again later.') : this.#answer(request, timeline.now()),
    };
    return travel(request, journey, this.#journal);
  }

  #answer({ method, url, headers, body }: UpstreamRequest, at: number): UpstreamResponse {
    if (url.endsWith('/login')) return this.#login(body?.toString() ?? '', at);
    const session = /sid=([^;]+)/.exec(headers['cookie'] ?? '')?.[1] ?? '';
    if (!this.#valid.has(session)) return page(401, 'Please log in.');
    if (method === 'GET') return page(200, '{"orders":[]}');
    const { key } = JSON.parse(body!.toString()) as { key: string };
    const times = [...(this.record.orders.get(key) ?? []), at];
    this.record.orders.set(key, times);
    return page(200, JSON.stringify({ order: key, number: times.length }));
  }

  #login(form: string, at: number): UpstreamResponse {
    const { user, password } = SITE_CREDENTIALS;
    if (form !== `user=${user}&password=${password}`) return page(403, 'Wrong password.');
    this.record.logins.push(at);
    const session = `S${this.record.logins.length}`;
    this.#valid.add(session);
    return { ...page(302, ''), headers: { location: '/home' }, setCookies: [`sid=${session}; Path=/`] };
  }

  #trouble({ url, body }: UpstreamRequest): void {
    if (url.endsWith('/login')) this.record.troubledLogins += 1;
    const key = /"key":"([^"]+)"/.exec(body?.toString() ?? '')?.[1];
    if (key !== undefined)
      this.record.troubledOrders.set(key, (this.record.troubledOrders.get(key) ?? 0) + 1);
  }
}

const page = (status: number, text: string): UpstreamResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  setCookies: [],
  body: Buffer.from(text),
});
