/**
 * A Chaojiying: reads captchas for points, is wrong now and then, gives points back for a report in time.
 * It "reads" a picture by asking the platform that drew it.
 */
import { createHash, randomInt } from 'node:crypto';
import { json, startPeer } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';
import { answer, failure, isImage, readFields } from './protocol.ts';
import { ControlChange, freshCounters } from './switches.ts';
import type { Counters, Switches } from './switches.ts';

export interface ChaojiyingCredentials {
  username: string;
  password: string;
  softwareId: string;
}

export interface ChaojiyingOptions {
  port?: number | undefined;
  credentials?: ChaojiyingCredentials;
  /** What a picture says; `undefined`: unknown. */
  answerFor: (image: Buffer) => string | undefined | Promise<string | undefined>;
  errorRate?: number;
  points?: number;
  now?: () => number;
}

export interface ChaojiyingState {
  switches: Switches;
  counters: Counters;
}

export interface Chaojiying {
  baseUrl: string;
  credentials: ChaojiyingCredentials;
  control: {
    set(change: ControlChange): ChaojiyingState;
    state(): ChaojiyingState;
    wrong(times: number): void;
    reset(): void;
  };
  counters(): Counters;
  stop(): Promise<void>;
}

const CREDENTIALS: ChaojiyingCredentials = {
  username: 'sandbox',
  password: 'chaojiying-2026',
  softwareId: '961234',
};
const CONTROL_PATH = '/__control';
/** Of four letters and digits (codetype 1004). */
const PRICE_POINTS = 10;
const REPORT_WINDOW_MS = 180_000;
const MAX_IMAGE_BYTES = 1_048_576;

interface Solved {
  at: number;
  right: boolean;
  reported: boolean;
}

type Fields = Map<string, string | Buffer>;

export async function startChaojiying(options: ChaojiyingOptions): Promise<Chaojiying> {
  const { credentials = CREDENTIALS, answerFor, errorRate = 0, points = 10_000, now = Date.now } = options;
  const defaults: Switches = {
    wrongNext: 0,
    errorRate,
    slowMs: 0,
    failStatus: null,
    garbage: false,
    errNo: null,
    points,
  };
  const switches = { ...defaults };
  const counters = freshCounters();
  const solved = new Map<string, Solved>();
  const passwordMd5 = createHash('md5').update(credentials.password).digest('hex');
  // Grows by the error rate with each answer; at 1 an answer is wrong.
  let pendingErrors = 0;

  function mistaken(): boolean {
    if (switches.wrongNext > 0) {
      switches.wrongNext -= 1;
      return true;
    }
    pendingErrors += switches.errorRate;
    // Tenths do not add up to one in binary.
    if (pendingErrors < 1 - 1e-9) return false;
    pendingErrors -= 1;
    return true;
  }

  function refusal(fields: Fields): Reply | undefined {
    const [user, pass2] = [fields.get('user'), fields.get('pass2')];
    if (!user || !pass2) return failure('-1001');
    if (user !== credentials.username) return failure('-1002');
    return pass2 === passwordMd5 ? undefined : failure('-10023');
  }

  async function recognise(fields: Fields): Promise<Reply> {
    if (!/^\d{4}$/.test(String(fields.get('codetype')))) return failure('-1004');
    const image = imageOf(fields);
    if (!image || image.length === 0) return failure('-2001');
    if (image.length > MAX_IMAGE_BYTES) return failure('-10062');
    if (!isImage(image)) return failure('-10061');
    if (switches.points < PRICE_POINTS) return failure('-1005');
    const text = await answerFor(image);
    if (text === undefined) return failure('-10064');
    return sell(text);
  }

  function sell(text: string): Reply {
    const right = !mistaken();
    const id = pictureId();
    solved.set(id, { at: now(), right, reported: false });
    switches.points -= PRICE_POINTS;
    counters.solved += 1;
    counters.pointsSpent += PRICE_POINTS;
    if (!right) counters.wrong += 1;
    // Its people type in lower case.
    const shown = (right ? text : misread(text)).toLowerCase();
    const md5 = createHash('md5').update(`${id}${shown}`).digest('hex');
    return answer({ pic_id: id, pic_str: shown, md5 });
  }

  function report(fields: Fields): Reply {
    const id = String(fields.get('id'));
    counters.reports += 1;
    if (!/^\d{19}$/.test(id)) return failure('-1011');
    const one = solved.get(id);
    if (!one) return failure('-1012');
    if (one.reported) return failure('-10132');
    if (now() - one.at > REPORT_WINDOW_MS) return failure('-10124');
    one.reported = true;
    if (one.right) counters.unjustReports += 1;
    counters.refunds += 1;
    switches.points += PRICE_POINTS;
    return answer({});
  }

  const actions: Record<string, (fields: Fields) => Reply | Promise<Reply>> = {
    '/Upload/Processing.php': recognise,
    '/Upload/ReportError.php': report,
    '/Upload/GetScore.php': () => answer({ tifen: switches.points, tifen_lock: 0 }),
  };

  const state = (): ChaojiyingState => structuredClone({ switches, counters });

  function set({ reset, ...change }: ControlChange): ChaojiyingState {
    if (reset) {
      Object.assign(switches, defaults);
      Object.assign(counters, freshCounters());
      solved.clear();
      pendingErrors = 0;
    }
    Object.assign(switches, Object.fromEntries(Object.entries(change).filter(([, v]) => v !== undefined)));
    return state();
  }

  function handleControl({ method, body }: PeerRequest): Reply {
    if (method === 'GET') return json(state());
    const change = ControlChange.safeParse(parsedJson(body));
    return change.success ? json(set(change.data)) : json({ errors: change.error.issues }, 400);
  }

  async function handle(request: PeerRequest): Promise<Reply> {
    const { path, method } = request;
    if (path === CONTROL_PATH) return handleControl(request);
    counters.requests[path] = (counters.requests[path] ?? 0) + 1;
    if (switches.slowMs > 0)
      await new Promise((resolve) => void setTimeout(resolve, switches.slowMs).unref());
    if (switches.failStatus !== null) return { status: switches.failStatus, body: 'Expectation Failed' };
    if (switches.garbage) return { status: 200, body: '<html><body>502 Bad Gateway</body></html>' };
    const action = actions[path];
    if (!action || method !== 'POST') return { status: 404 };
    if (switches.errNo !== null) return failure(switches.errNo);
    const fields = await readFields(request);
    if (!fields) return failure('-1001');
    return refusal(fields) ?? action(fields);
  }

  const peer = await startPeer({ port: options.port, handle });
  return {
    baseUrl: peer.baseUrl,
    credentials,
    control: {
      set: (change) => set(ControlChange.parse(change)),
      state,
      wrong: (wrongNext) => void set({ wrongNext }),
      reset: () => void set({ reset: true }),
    },
    counters: () => structuredClone(counters),
    stop: () => peer.stop(),
  };
}

function imageOf(fields: Fields): Buffer | undefined {
  const file = fields.get('userfile');
  if (typeof file === 'object') return file;
  const base64 = fields.get('file_base64');
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined;
}

/** 19 digits, beyond what a double can hold. */
function pictureId(): string {
  const digits = () => String(randomInt(0, 1_000_000_000)).padStart(9, '0');
  return `${randomInt(1, 9)}${digits()}${digits()}`;
}

/** The last character taken for another. */
function misread(text: string): string {
  return text.slice(0, -1) + (text.endsWith('X') ? 'Y' : 'X');
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
