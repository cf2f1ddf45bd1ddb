/** A browser that visits a real peer and writes what it saw as Chrome and Firefox export it (HAR 1.2). */
import { decodeText } from '../../lib/text/charset.ts';

export type Style = 'chrome' | 'firefox';

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  type?: string;
  /** As Chrome calls it; requests of scripts follow no redirects here. */
  resource?: 'document' | 'xhr' | 'fetch' | 'image' | 'script';
}

export interface Loaded {
  status: number;
  text: string;
  headers: Headers;
  json: () => Record<string, unknown>;
}

type Pair = { name: string; value: string };

export class RecordingBrowser {
  readonly #origin: string;
  readonly #style: Style;
  readonly #entries: object[] = [];
  readonly cookies = new Map<string, string>();
  #time = Date.parse('2026-11-20T08:00:00Z');

  constructor(origin: string, style: Style) {
    this.#origin = origin;
    this.#style = style;
  }

  get = (path: string, sent: Sent = {}) => this.send(path, sent);
  form = (path: string, body: string, sent: Sent = {}) =>
    this.send(path, { method: 'POST', body, type: 'application/x-www-form-urlencoded', ...sent });
  json = (path: string, body: unknown, sent: Sent = {}) =>
    this.send(path, {
      method: 'POST',
      body: JSON.stringify(body),
      type: 'application/json;charset=UTF-8',
      resource: 'xhr',
      ...sent,
    });

  async send(path: string, sent: Sent): Promise<Loaded> {
    const { method = 'GET', body, type, resource = 'document', headers: own = {} } = sent;
    const url = new URL(path, this.#origin).href;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = {
      'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      Accept: resource === 'document' ? 'text/html,*/*;q=0.8' : 'application/json, text/plain, */*',
      'Accept-Language': 'zh-CN,zh;q=0.9',
      'Sec-Fetch-Mode': resource === 'document' ? 'navigate' : 'cors',
      ...(cookie === '' ? {} : { Cookie: cookie }),
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...own,
    };
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: body as BodyInit }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    this.#record({ url, method, headers, body, type, resource, response, bytes, cookie });
    const location = response.headers.get('location');
    if (location !== null && resource === 'document') {
      return this.send(new URL(location, url).href, { resource });
    }
    const text = decodeText(bytes, response.headers.get('content-type') ?? undefined);
    return {
      status: response.status,
      text,
      headers: response.headers,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  }

  /** What fills a real recording: files, service workers, requests that were cut off, other sites. */
  noise(count = 200): void {
    for (let at = 0; at < count; at += 1) {
      const file = ['png', 'js', 'css', 'woff2'][at % 4]!;
      const mimeType = { png: 'image/png', js: 'text/javascript', css: 'text/css', woff2: 'font/woff2' }[
        file
      ]!;
      this.#push({
        _resourceType: { png: 'image', js: 'script', css: 'stylesheet', woff2: 'font' }[file],
        ...(at % 3 === 0 ? { _fetchedViaServiceWorker: true } : {}),
        request: this.#request('GET', `${this.#origin}/static/chunk-${at}.${file}`, {}),
        response: this.#response(at % 7 === 0 ? 304 : 200, [], { mimeType, size: 0 }),
      });
    }
    const gone = { request: this.#request('GET', `${this.#origin}/api/aborted`, {}) };
    this.#push({
      ...gone,
      response: { ...this.#response(0, [], { mimeType: 'x-unknown', size: 0 }), _error: 'net::ERR_ABORTED' },
    });
    for (const url of [
      'data:image/png;base64,AAAA',
      'ws://127.0.0.1:1/live',
      'https://cdn.example.net/img/code.php',
    ]) {
      this.#push({
        request: this.#request('GET', url, {}),
        response: this.#response(200, [], { mimeType: 'image/png', size: 0 }),
      });
    }
    this.#push({
      _resourceType: 'preflight',
      request: this.#request('OPTIONS', `${this.#origin}/api/preflight`, {}),
      response: this.#response(204, [], { mimeType: '', size: 0 }),
    });
  }

  har(): { log: { entries: object[] } } {
    // Neither browser keeps to the order of time.
    const entries = this.#style === 'chrome' ? this.#entries.toReversed() : this.#entries;
    return {
      log: {
        version: '1.2',
        creator: { name: this.#style === 'chrome' ? 'WebInspector' : 'Firefox', version: '1' },
        pages: [],
        entries,
      } as { entries: object[] },
    };
  }

  #record(seen: {
    url: string;
    method: string;
    headers: Record<string, string>;
    body: string | Buffer | undefined;
    type: string | undefined;
    resource: string;
    response: Response;
    bytes: Buffer;
    cookie: string;
  }): void {
    const { url, method, headers, body, type, resource, response, bytes, cookie } = seen;
    const received = [...response.headers]
      .filter(([name]) => name !== 'set-cookie')
      .map(([name, value]) => ({ name, value }));
    const cookies = response.headers.getSetCookie();
    // Firefox has a header for each cookie, Chrome of HTTP/1.1 one with line breaks.
    const setCookies: Pair[] =
      this.#style === 'firefox'
        ? cookies.map((value) => ({ name: 'Set-Cookie', value }))
        : cookies.length > 0
          ? [{ name: 'set-cookie', value: cookies.join('\n') }]
          : [];
    const mimeType = response.headers.get('content-type') ?? 'x-unknown';
    const isText = /text|json|javascript/.test(mimeType);
    const redirected = response.status >= 300 && response.status < 400;
    const content = redirected
      ? { mimeType, size: 0, ...(this.#style === 'firefox' ? { text: '' } : {}) }
      : isText && this.#style === 'firefox'
        ? { mimeType, size: bytes.length, text: decodeText(bytes, mimeType) }
        : { mimeType, size: bytes.length, text: bytes.toString('base64'), encoding: 'base64' };
    this.#push({
      ...(this.#style === 'chrome' ? { _resourceType: resource, _priority: 'High' } : {}),
      request: {
        ...this.#request(method, url, headers),
        cookies:
          cookie === ''
            ? []
            : cookie
                .split('; ')
                .map((pair) => ({ name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) })),
        ...(body === undefined ? {} : { postData: this.#postData(type ?? '', body) }),
      },
      response: this.#response(response.status, [...received, ...setCookies], content),
    });
  }

  /** Chrome lists `params` of forms still encoded; Firefox has them as text too. */
  #postData(mimeType: string, body: string | Buffer): object {
    const text = body.toString();
    if (this.#style === 'firefox' || !/urlencoded/.test(mimeType)) return { mimeType, params: [], text };
    const params = text
      .split('&')
      .map((pair) => ({ name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) }));
    return { mimeType, text, params };
  }

  #request(method: string, url: string, headers: Record<string, string>): object {
    const pseudo = this.#style === 'chrome' ? [{ name: ':authority', value: new URL(url).host }] : [];
    const listed = Object.entries(headers).map(([name, value]) => ({ name, value }));
    return {
      method,
      url,
      httpVersion: 'HTTP/2',
      headers: [...pseudo, ...listed],
      queryString: [],
      cookies: [],
      headersSize: -1,
      bodySize: 0,
    };
  }

  #response(status: number, headers: Pair[], content: object): object {
    return {
      status,
      statusText: '',
      httpVersion: 'HTTP/2',
      headers,
      cookies: [],
      content,
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    };
  }

  #push(entry: object): void {
    this.#time += 137;
    this.#entries.push({
      startedDateTime: new Date(this.#time).toISOString(),
      time: 5,
      timings: {},
      cache: {},
      ...entry,
    });
  }
}
