/**
 * A URS: the user-promotion system of the seed. Its API takes and gives sealed messages; it calls back by
 * webhook.
 */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { json, startPeer } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';
import { CryptoRefusal, decrypt, encrypt } from './crypto-service.ts';
import { ControlChange, freshCounters } from './switches.ts';
import type { Counters, Switches } from './switches.ts';
import { sendWebhook } from './webhook-sender.ts';
import type { SendChoices, WebhookAnswer } from './webhook-sender.ts';
import { createWorld } from './world.ts';
import type { UrsUser, World } from './world.ts';

export interface UrsOptions {
  port?: number | undefined;
  appKey?: string;
  ecologyId?: number;
  /** Where its webhooks go unless told otherwise: `http://127.0.0.1:3000/webhook/urs`. */
  webhookUrl?: string | undefined;
  now?: () => number;
}

export interface UrsState {
  switches: Omit<Switches, 'appKey'>;
  counters: Counters;
  users: Omit<UrsUser, 'userKey'>[];
}

export interface Urs {
  baseUrl: string;
  credentials: { appKey: string };
  world: World;
  control: {
    set(change: ControlChange): UrsState;
    state(): UrsState;
    down(): void;
    up(): void;
    reset(): void;
  };
  counters(): Counters;
  /** What it seals with now, and where it sends, unless `options` say otherwise. */
  sendWebhook(action: string, payload: object | string, options?: SendChoices): Promise<WebhookAnswer>;
  stop(): Promise<void>;
}

export const SANDBOX_APP_KEY = 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY';
const CONTROL_PATH = '/__control';
const WEBHOOK_PATH = '/__webhook';

const SendRequest = z.strictObject({
  action: z.string().min(1),
  /** As text, where digits matter. */
  payload: z.union([z.string(), z.record(z.string(), z.json())]),
  placement: z.enum(['body', 'headers', 'both']).optional(),
  timestamp: z.int().optional(),
  key: z.string().min(1).optional(),
  url: z.url().optional(),
});

export async function startUrs(options: UrsOptions = {}): Promise<Urs> {
  const { appKey = SANDBOX_APP_KEY, ecologyId = 1, webhookUrl, now = Date.now } = options;
  const defaults: Switches = {
    answers: 'plain',
    appKey,
    slowMs: 0,
    failStatus: null,
    failNext: null,
    down: false,
  };
  const switches = { ...defaults };
  const counters = freshCounters();
  const world = createWorld();
  const ivs = new Set<string>();
  const nowSeconds = () => Math.floor(now() / 1_000);

  const state = (): UrsState => {
    const { appKey: _, ...shown } = switches;
    return structuredClone({
      switches: shown,
      counters,
      users: world.users().map(({ userKey: _key, ...user }) => user),
    });
  };

  function set({ reset, users = [], ...change }: ControlChange): UrsState {
    if (reset) {
      Object.assign(switches, defaults);
      Object.assign(counters, freshCounters());
      world.reset();
      ivs.clear();
    }
    for (const { userKey, ...user } of users) {
      world.put(userKey === undefined ? user : { ...user, userKey });
    }
    Object.assign(switches, Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)));
    return state();
  }

  async function send(
    action: string,
    payload: object | string,
    { url = webhookUrl, key = switches.appKey, timestamp = nowSeconds(), ...rest }: SendChoices = {},
  ): Promise<WebhookAnswer> {
    if (url === undefined) throw new Error('URS has no address for its webhooks.');
    counters.webhooksSent += 1;
    return sendWebhook(action, payload, { url, key, timestamp, ...rest });
  }

  function handleControl({ method, body }: PeerRequest): Reply {
    if (method === 'GET') return json(state());
    const change = ControlChange.safeParse(parsedJson(body));
    return change.success ? json(set(change.data)) : json({ errors: change.error.issues }, 400);
  }

  /** For a person with curl: the answer that URS got. */
  async function sendOnRequest({ body }: PeerRequest): Promise<Reply> {
    const request = SendRequest.safeParse(parsedJson(body));
    if (!request.success) return json({ errors: request.error.issues }, 400);
    const { action, payload, ...sending } = request.data;
    const answer = await send(action, payload, sending);
    return json({ status: answer.status, body: answer.body ?? answer.text });
  }

  function message({ headers, body }: PeerRequest): unknown {
    const inHeader = headers['x-encrypted-data']?.toString();
    const inBody = body.length > 0 ? parsedJson(body) : undefined;
    if (inHeader === undefined) return inBody;
    const envelope = parsedJson(Buffer.from(inHeader)) as Record<string, unknown> | undefined;
    const agreed =
      headers['x-timestamp'] === String(envelope?.['timestamp']) &&
      headers['x-signature'] === envelope?.['sign'];
    if (!agreed) throw new CryptoRefusal('签名验证失败');
    if (inBody === undefined) return envelope;
    if (JSON.stringify(inBody) !== JSON.stringify(envelope)) throw new CryptoRefusal('签名验证失败');
    counters.twiceSealed += 1;
    return inBody;
  }

  function call(action: string, request: PeerRequest): Reply {
    let params: Record<string, unknown>;
    try {
      const sealed = message(request);
      const opened = decrypt(sealed, switches.appKey, nowSeconds());
      const { iv } = sealed as { iv: string };
      if (ivs.has(iv)) counters.reusedIvs += 1;
      ivs.add(iv);
      params = (typeof opened === 'object' && opened !== null ? opened : {}) as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof CryptoRefusal)) throw error;
      counters.refused[error.message] = (counters.refused[error.message] ?? 0) + 1;
      return json({ success: false, code: 401, error: error.message }, 401);
    }
    const { status, ...answer } = answerOf(action, params, world);
    return sealedAs(switches, { success: status === 200, ...answer }, status, nowSeconds());
  }

  async function handle(request: PeerRequest): Promise<Reply> {
    const { path, method } = request;
    if (path === CONTROL_PATH) return handleControl(request);
    if (path === WEBHOOK_PATH && method === 'POST') return sendOnRequest(request);
    const action = path.split('/').at(-1) ?? '';
    counters.requests[action] = (counters.requests[action] ?? 0) + 1;
    if (switches.slowMs > 0)
      await new Promise((resolve) => void setTimeout(resolve, switches.slowMs).unref());
    const failure = failing(switches);
    if (failure) return failure;
    if (path === '/api/health' || path === '/api/status') return json({ status: 'ok' });
    const known = method === 'POST' && path === `/api/ecology/${ecologyId}/${action}`;
    return known ? call(action, request) : json({ success: false, code: 404, error: '接口不存在' }, 404);
  }

  const peer = await startPeer({
    port: options.port,
    handle,
    hangUp: (path) => {
      const hangsUp = switches.down && !path.startsWith('/__');
      if (hangsUp) counters.resets += 1;
      return hangsUp;
    },
  });

  return {
    baseUrl: `${peer.baseUrl}/api`,
    credentials: { appKey },
    world,
    control: {
      set: (change) => set(ControlChange.parse(change)),
      state,
      down: () => void set({ down: true }),
      up: () => void set({ down: false }),
      reset: () => void set({ reset: true }),
    },
    counters: () => structuredClone(counters),
    sendWebhook: send,
    stop: () => peer.stop(),
  };
}

type ActionAnswer = { status: number; data?: object; code?: number; error?: string };

const NO_USER: ActionAnswer = { status: 404, code: 404, error: '用户不存在' };

function answerOf(action: string, params: Record<string, unknown>, world: World): ActionAnswer {
  if (action === 'userInfo') {
    const user = world.byKey(params['userKey']);
    return user ? { status: 200, data: { userId: user.userId, nickname: user.nickname } } : NO_USER;
  }
  const user = world.byId(params['userId']);
  if (action === 'userTeam') {
    return user ? { status: 200, data: { userId: user.userId, team: world.team(user.userId) } } : NO_USER;
  }
  if (action !== 'userLevelCount') return { status: 404, code: 404, error: '接口不存在' };
  const { level } = params;
  if (level !== 1 && level !== 3) return { status: 422, code: 422, error: 'level只能是1或3' };
  if (!user) return NO_USER;
  return { status: 200, data: { userId: user.userId, level, count: world.count(user.userId, level) } };
}

function sealedAs(switches: Switches, answer: object, status: number, timestamp: number): Reply {
  if (switches.answers === 'plain') return json(answer, status);
  const key = switches.answers === 'sealed' ? switches.appKey : randomBytes(16).toString('hex');
  return json(encrypt(JSON.stringify(answer), key, timestamp), status);
}

function failing(switches: Switches): Reply | undefined {
  if (switches.failStatus === null || switches.failNext === 0) return undefined;
  if (switches.failNext !== null) switches.failNext -= 1;
  return json({ success: false, code: switches.failStatus, error: '系统繁忙' }, switches.failStatus);
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
