/** One round of an endpoint: a request, and some more until one is good. */
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import type { Outcome } from './endpoint-health.ts';
import type { HealthChecks } from './watched.ts';

export interface AskDeps {
  transport: Pick<Transport, 'send'>;
  clock: Clock;
}

/** Whatever a definition says: a round must fit in a run of the monitor. */
const LONGEST_MS = 45_000;
/** Between the requests of a round. */
const PAUSE_MS = 500;
/** An endpoint that says more is there: it is judged by its status. */
const MAX_BYTES = 65_536;

/**
 * A round ends with the first good request, after `retryTimes` more, or when time is over: then with what it has seen.
 * @returns `undefined`: time was over before any request was answered or had its whole time.
 */
export async function askRound(
  url: string,
  { timeoutMs, retryTimes }: Pick<HealthChecks, 'timeoutMs' | 'retryTimes'>,
  deadline: Deadline,
  deps: AskDeps,
): Promise<Outcome | undefined> {
  let seen: Outcome | undefined;
  for (let more = retryTimes; ; more--) {
    const outcome = await ask(url, Math.min(timeoutMs, LONGEST_MS), deadline, deps);
    seen = outcome ?? seen;
    if (outcome?.state !== 'down' || more <= 0) return seen;
    await deps.clock.sleep(PAUSE_MS);
  }
}

async function ask(
  url: string,
  timeoutMs: number,
  deadline: Deadline,
  { transport }: AskDeps,
): Promise<Outcome | undefined> {
  // Nothing of the definition's: neither its headers, which may carry credentials, nor a session.
  const headers = { accept: '*/*', 'user-agent': 'Gatehouse' };
  try {
    return judge(
      (await transport.send({ method: 'GET', url, headers, timeoutMs, deadline, maxBytes: MAX_BYTES }))
        .status,
    );
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    if (error.code === 'DEADLINE_EXCEEDED') return undefined;
    const status = error.internal?.['status'];
    return typeof status === 'number' ? judge(status) : { state: 'down', error: error.message };
  }
}

/** A redirect shows that it is there. A 404 is a path that is not, a 401 one that needs what a check does not have. */
const judge = (status: number): Outcome =>
  status >= 200 && status < 400 ? { state: 'up' } : { state: 'down', error: `It answered ${status}.` };
