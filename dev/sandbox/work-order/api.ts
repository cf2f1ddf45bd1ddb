/** What needs a session: JSON as such platforms write it, and files. */
import { createHash } from 'node:crypto';
import { json } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';
import type { Counters, Switches } from './switches.ts';

export interface Api {
  answer(request: PeerRequest, csrfToken: string): Promise<Reply>;
  reset(): void;
}

interface Order {
  orderNo: string;
  idempotencyKey: string | null;
  received: unknown;
}

interface StoredFile {
  contentType: string;
  bytes: Buffer;
}

export function createApi(parts: { switches: Switches; counters: Counters; now: () => number }): Api {
  const { switches, counters, now } = parts;
  const orders: Order[] = [];
  const files = new Map<string, StoredFile>();
  let answers = 0;

  function submitOrder({ body, headers }: PeerRequest): Reply {
    let received: unknown;
    try {
      received = JSON.parse(body.toString('utf8'));
    } catch {
      return json({ code: 400, message: '参数错误' }, 400);
    }
    counters.orders += 1;
    const order = {
      orderNo: `WO${String(counters.orders).padStart(6, '0')}`,
      idempotencyKey: headers['idempotency-key']?.toString() ?? null,
      received,
    };
    orders.push(order);
    return json({ code: 0, message: 'OK', data: order });
  }

  function upload({ body, headers }: PeerRequest): Reply {
    const id = String(files.size + 1);
    const contentType = headers['content-type'] ?? 'application/octet-stream';
    files.set(id, { contentType, bytes: body });
    const sha256 = createHash('sha256').update(body).digest('hex');
    return json({ code: 0, data: { id, size: body.length, sha256, contentType } });
  }

  function file(id: string): Reply {
    const stored = id === 'sample' ? SAMPLE : files.get(id);
    if (!stored) return json({ code: 404, message: '文件不存在' }, 404);
    return { status: 200, headers: { 'content-type': stored.contentType }, body: stored.bytes };
  }

  function read(request: PeerRequest): Reply | Promise<Reply> {
    const { path, query } = request;
    const [, , resource, id = ''] = path.split('/');
    switch (resource) {
      case 'user':
        return user(id);
      case 'orders':
        return json({ code: 0, data: { total: orders.length, items: orders.slice(-100) } });
      case 'file':
        return file(id);
      case 'slow':
        return slow(Number(query.get('ms') ?? '0'));
      case 'heartbeat':
        return json({ code: 0, message: 'OK', data: { time: Math.floor(now() / 1_000) } });
      default:
        return json({ code: 404, message: '接口不存在' }, 404);
    }
  }

  function write(request: PeerRequest, csrfToken: string): Reply {
    if (request.headers['x-csrftoken'] !== csrfToken)
      return json({ code: 403, message: 'CSRF校验失败' }, 403);
    if (request.path === '/api/order') return submitOrder(request);
    if (request.path === '/api/upload') return upload(request);
    return json({ code: 404, message: '接口不存在' }, 404);
  }

  return {
    async answer(request, csrfToken) {
      if (request.path === '/api/echo') return echo(request);
      const reads = request.method === 'GET' || request.method === 'HEAD';
      const reply = reads ? await read(request) : write(request, csrfToken);
      answers += 1;
      if (!switches.setCookieEachTime) return reply;
      return { ...reply, headers: { ...reply.headers, 'set-cookie': `last_visit=${answers}; Path=/` } };
    },
    reset() {
      orders.length = 0;
      files.clear();
    },
  };
}

/** Every byte value, to detect a body that was treated as text. */
const SAMPLE: StoredFile = {
  contentType: 'application/octet-stream',
  bytes: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
};

/** Written by hand: `idNumber` is a bare 19-digit number, as PHP's 64-bit integers are. */
function user(id: string): Reply {
  if (!/^\d{1,19}$/.test(id)) return json({ code: 404, message: '用户不存在' }, 404);
  return json(
    `{"code":0,"message":"OK","data":{"id":"${id}","idNumber":1234567890123456789,` +
      `"name":"张伟","department":"市中心工单处理一科","phone":"13800138000","level":3}}`,
  );
}

async function slow(ms: number): Promise<Reply> {
  const wait = Math.min(Math.max(0, Number.isFinite(ms) ? ms : 0), 600_000);
  await new Promise((resolve) => void setTimeout(resolve, wait).unref());
  return json({ code: 0, data: { waitedMs: wait } });
}

/** What arrived: to see what a gateway passes on. Of cookies only the names. */
function echo({ method, path, query, headers, cookies, body }: PeerRequest): Reply {
  const { cookie: _, ...shown } = headers;
  return json({
    method,
    path,
    query: [...query],
    headers: shown,
    cookies: [...cookies.keys()].filter((name) => name !== ''),
    body: body.toString('base64'),
  });
}
