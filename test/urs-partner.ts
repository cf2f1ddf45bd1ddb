import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';

/** URS's side of a webhook, written from its documentation alone: nothing of ours is used to make an envelope. */
export interface Sealed {
  data: string;
  iv: string;
  timestamp: number | string;
  sign: string;
}

export function seal(
  payload: string | object,
  key: string,
  { timestamp = Math.floor(Date.now() / 1_000) } = {},
): Sealed {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const iv = randomBytes(16);
  const aesKey = Buffer.alloc(32);
  Buffer.from(key).copy(aesKey);
  const cipher = createCipheriv('aes-256-cbc', aesKey, iv);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
  return sign({ data, iv: iv.toString('base64'), timestamp }, key);
}

export function sign(envelope: Omit<Sealed, 'sign'>, key: string): Sealed {
  const { data, iv, timestamp } = envelope;
  return { ...envelope, sign: createHash('sha256').update(`${data}${iv}${timestamp}${key}`).digest('hex') };
}

export interface Delivered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: {
    success?: boolean;
    code?: string;
    error?: string;
    replayed?: boolean;
    data?: Record<string, unknown>;
  };
}

export interface DeliverOptions {
  headers?: Record<string, string>;
  /** Address to send from: 127.0.0.0/8 is all ours. */
  from?: string;
}

/** Sends a body as URS does; `from` chooses the source address. */
export function deliver(
  url: string,
  body: unknown,
  { headers = {}, from = '127.0.0.1' }: DeliverOptions = {},
): Promise<Delivered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', localAddress: from, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: text.startsWith('{') ? (JSON.parse(text) as Delivered['json']) : {},
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}
