/** One request by HTTP in simulated time: there, the other side's answer, and back; or lost on its way. */
import { unavailable } from '../../../lib/vendors/http/failure.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../../lib/vendors/http/transport.ts';
import type { Journal } from '../journal.ts';
import { circumstance } from '../time/process.ts';
import type { Fate } from '../weather.ts';

export interface Journey {
  fate: Fate;
  /** Milliseconds until it is there, and until its answer is back. */
  there: number;
  back: number;
  /** What the journal calls the arrival, and the answer's. */
  arrives: string;
  answers: string;
  /** Runs when it is there; what it did stays done, whether or not anybody hears of it. */
  answer: () => UpstreamResponse;
}

export function travel(
  request: UpstreamRequest,
  { fate, there, back, arrives, answers, answer }: Journey,
  journal: Journal,
): Promise<UpstreamResponse> {
  const here = circumstance()!;
  const { timeline, process } = here;
  const limit = Math.min(request.timeoutMs, request.deadline.at - Date.now());
  return new Promise((resolve, reject) => {
    const inCaller = (ms: number, run: () => void) => timeline.after(ms, answers, here, process, run);
    const late = inCaller(limit, () => reject(unavailable('timeout', true)));
    const broken = () => {
      late();
      reject(unavailable('reset', true));
    };
    if (fate === 'lost-request') {
      inCaller(there, broken);
      return;
    }
    timeline.after(there, arrives, here, undefined, () => {
      const response = answer();
      journal.note(
        timeline.now(),
        undefined,
        here.step,
        `= ${response.status} ${response.body.toString()}`.trimEnd(),
      );
      if (fate === 'silence') return;
      inCaller(back, () => {
        if (fate === 'lost-reply') return broken();
        late();
        resolve(response);
      });
    });
  });
}
