/** Business code that calls a platform through us, and asks again under the same key where it does not know. */
import { calls } from '../../../functions/proxy/calls.ts';
import type { ApiResponse } from '../../../lib/api/message.ts';
import { problemResponse } from '../../../lib/api/problem.ts';
import type { CallAnswers } from '../oracles/call-answers.ts';
import { SITE } from '../platform/site.ts';
import type { Processes } from '../processes.ts';
import { pause } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';

/** Longer than a function may run, milliseconds. */
const PATIENCE_MS = 31_000;
const AGAIN_MS = [200, 2_000, 40_000];

export class Caller {
  readonly #processes: Processes;
  readonly #answers: CallAnswers;

  constructor(processes: Processes, answers: CallAnswers) {
    this.#processes = processes;
    this.#answers = answers;
  }

  async read(here: Circumstance): Promise<ApiResponse | undefined> {
    const answered = this.#answers.asks(undefined, here);
    const reply = await this.#send('read', {}, {}, here);
    answered(reply);
    return reply;
  }

  /** Places an order at the platform, `tries` times at most. */
  async order(
    key: string,
    here: Circumstance,
    tries = AGAIN_MS.length + 1,
  ): Promise<ApiResponse | undefined> {
    for (let n = 0; n < tries; n++) {
      if (n > 0) await pause(AGAIN_MS[n - 1]!, here);
      const answered = this.#answers.asks(key, here);
      const reply = await this.#send('order', { key }, { 'idempotency-key': key }, here);
      answered(reply);
      if (reply && reply.status < 500 && reply.status !== 409) return reply;
    }
    return undefined;
  }

  /** @returns `undefined`: no answer came. */
  #send(
    operation: string,
    params: Record<string, string>,
    headers: Record<string, string>,
    here: Circumstance,
  ): Promise<ApiResponse | undefined> {
    const { chance, timeline } = here;
    const slot = chance.upTo(this.#processes.count);
    return new Promise((resolve) => {
      const cancel = timeline.after(PATIENCE_MS, 'the caller gives up', here, undefined, () =>
        resolve(undefined),
      );
      timeline.after(chance.between(1, 20), `calls ${operation}`, here, undefined, () => {
        const request = {
          method: 'POST',
          path: `/v1/services/${SITE}/operations/${operation}`,
          query: '',
          headers: { 'content-type': 'application/json', ...headers },
          body: Buffer.from(JSON.stringify({ params })),
          sourceIp: '198.51.100.1',
          requestId: `${here.step}-${chance.upTo(1e9)}`,
          principal: { id: 'caller', name: 'caller', role: 'caller' as const },
          params: { code: SITE, operation },
        };
        const invoked = this.#processes.invoke(slot, here, ({ proxy }, at) =>
          calls.callOperation({ ...request, deadline: { at } }, proxy.calls),
        );
        const answer = (reply: ApiResponse) =>
          timeline.after(
            chance.between(1, 20),
            `is answered ${reply.status} ${reply.body.toString()}`,
            here,
            undefined,
            () => {
              cancel();
              resolve(reply);
            },
          );
        // Errors that are thrown become problem documents a layer above.
        invoked.catch((error: unknown) => problemResponse(error, request.requestId)).then(answer, () => {});
      });
    });
  }
}
