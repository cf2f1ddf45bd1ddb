/** URS calling back: seals a payload and posts it, as its PHP does. */
import { encrypt } from './crypto-service.ts';

export type WebhookAction = 'register' | 'deposit' | 'withdraw' | 'check';

export interface SendOptions {
  /** `https://gatehouse/webhook/urs`; the action is appended. */
  url: string;
  key: string;
  /** Where the envelope travels. Default `body`. */
  placement?: 'body' | 'headers' | 'both' | undefined;
  /** Seconds since the epoch; default now. */
  timestamp?: number | undefined;
  /** Further headers. */
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
}

/** What `Urs.sendWebhook` may be told; the rest it knows. */
export type SendChoices = { [name in keyof SendOptions]?: SendOptions[name] | undefined };

export interface WebhookAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** `undefined` when it is not JSON. */
  body: unknown;
}

/**
 * @param payload an object, or JSON text as it is to be sealed: PHP's `10.0` and `1.0e-10` can only be
 * written as text.
 */
export async function sendWebhook(
  action: WebhookAction | (string & {}),
  payload: object | string,
  { url, key, placement = 'body', timestamp, headers = {}, signal }: SendOptions,
): Promise<WebhookAnswer> {
  const json = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const message = encrypt(json, key, timestamp ?? Math.floor(Date.now() / 1_000));
  const text = phpJson(message);
  const inBody = placement !== 'headers';
  const response = await fetch(`${url}/${action}`, {
    method: 'POST',
    headers: {
      'user-agent': 'GuzzleHttp/7',
      ...(inBody ? { 'content-type': 'application/json' } : {}),
      ...(placement === 'body'
        ? {}
        : {
            'x-encrypted-data': text,
            'x-timestamp': String(message.timestamp),
            'x-signature': message.sign,
          }),
      ...headers,
    },
    body: inBody ? text : null,
    signal: signal ?? null,
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, text: answer, body: parsedJson(answer) };
}

/** `json_encode` without flags escapes slashes, and base64 is full of them. */
function phpJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', String.raw`\/`);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
