/** The HTTP clients that are compared. Each sends one GET, reads the whole body and keeps its cookies. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { create as createAxios } from 'axios';
import { wrapper } from 'axios-cookiejar-support';
import got from 'got';
import { HttpCookieAgent, type CookieOptions } from 'http-cookie-agent/http';
import { CookieJar } from 'tough-cookie';
import { Pool } from 'undici';
import { createTransport } from '../../lib/vendors/http/undici-transport.ts';

export interface BenchClient {
  name: string;
  get(path: string): Promise<number>;
  close(): Promise<void>;
}

const COOKIES = ['PHPSESSID=9f0a1b2c3d4e5f60718293a4b5c6d7e8', 'csrftoken=Zk2P0v7sQmXx', 'lang=zh_CN'];
const CONNECTIONS = 64;

/** Ours, as a session uses it: the `Cookie` header was computed once for this session's generation. */
export function gatehouse(origin: string): BenchClient {
  const transport = createTransport({ isLocal: true });
  const headers = { cookie: COOKIES.join('; ') };
  const seen = new Map<string, true>();
  return {
    name: 'gatehouse transport, cookies on',
    async get(path) {
      const { body, setCookies } = await transport.send({
        method: 'GET',
        url: origin + path,
        headers,
        timeoutMs: 30_000,
        deadline: { at: Date.now() + 29_000 },
        maxBytes: 5_000_000,
      });
      // A session looks up the raw line and parses it only when it is new.
      for (const line of setCookies) if (!seen.has(line)) seen.set(line, true);
      return body.length;
    },
    close: () => transport.close(),
  };
}

export function undiciPool(origin: string): BenchClient {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  return {
    name: 'undici Pool.request, no cookies',
    async get(path) {
      const { body } = await pool.request({ method: 'GET', path });
      return (await body.arrayBuffer()).byteLength;
    },
    close: () => pool.close(),
  };
}

export function cookieAgent(origin: string): BenchClient {
  // Its types name tough-cookie's CommonJS build; the object is the same class.
  const cookies = { jar: jar(origin) } as unknown as CookieOptions;
  const agent = new HttpCookieAgent({ cookies, keepAlive: true, maxSockets: CONNECTIONS });
  return {
    name: 'http-cookie-agent on node:http',
    get: (path) =>
      new Promise((resolve, reject) => {
        const request = httpRequest(origin + path, { agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve(Buffer.concat(chunks).length));
          response.on('error', reject);
        });
        request.on('error', reject);
        request.end();
      }),
    close: async () => agent.destroy(),
  };
}

export function gotWithJar(origin: string): BenchClient {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS });
  const client = got.extend({ cookieJar: jar(origin), agent: { http: agent }, retry: { limit: 0 } });
  return {
    name: 'got with jar',
    get: async (path) => (await client.get(origin + path).buffer()).length,
    close: async () => agent.destroy(),
  };
}

export function axiosWithJar(origin: string): BenchClient {
  const client = wrapper(createAxios({ jar: jar(origin), responseType: 'arraybuffer' }));
  return {
    name: 'axios with jar',
    get: async (path) => (await client.get<Buffer>(origin + path)).data.length,
    close: async () => {},
  };
}

function jar(origin: string): CookieJar {
  const cookies = new CookieJar();
  for (const cookie of COOKIES) cookies.setCookieSync(`${cookie}; Path=/`, origin);
  return cookies;
}
