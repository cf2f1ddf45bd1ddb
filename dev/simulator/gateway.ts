/** The way from a partner to one of our processes and back, over the public network and API Gateway. */
import type { WebhookReply } from '../../lib/partners/reply.ts';
import { receive } from '../../lib/partners/receive.ts';
import type { Processes } from './processes.ts';
import type { Circumstance } from './time/process.ts';

export interface Envelope {
  path: string;
  action: string;
  body: Buffer;
}

/** What becomes of requests between partner and us: a share each. */
export interface PublicNetwork {
  lostRequest: number;
  lostReply: number;
  /** Arrives a second time, up to a minute later. */
  twice: number;
}

/** How long a partner waits, milliseconds: longer than we may take. */
const PATIENCE_MS = 12_000;

/** @returns `undefined`: no answer has arrived in time; the request may have. */
export function deliver(
  envelope: Envelope,
  processes: Processes,
  network: PublicNetwork,
  here: Circumstance,
): Promise<WebhookReply | undefined> {
  const { chance, timeline } = here;
  const travel = () => chance.between(1, 60);
  const isLost = chance.happens(network.lostRequest);
  const isReplyLost = chance.happens(network.lostReply);
  if (chance.happens(network.twice)) {
    timeline.after(
      chance.oneOf([1, 60]) * chance.between(20, 1_000),
      'arrives again',
      here,
      undefined,
      () => void serve(envelope, processes, here),
    );
  }
  return new Promise((resolve) => {
    const cancel = timeline.after(PATIENCE_MS, 'the partner gives up', here, undefined, () =>
      resolve(undefined),
    );
    if (isLost) return;
    timeline.after(travel(), `${envelope.action} arrives`, here, undefined, () => {
      void answer();
    });
    const answer = async () => {
      const reply = await serve(envelope, processes, here);
      if (isReplyLost) return;
      timeline.after(travel(), `is answered ${reply.status} ${reply.body}`, here, undefined, () => {
        cancel();
        resolve(reply);
      });
    };
  });
}

function serve(envelope: Envelope, processes: Processes, here: Circumstance): Promise<WebhookReply> {
  const slot = here.chance.upTo(processes.count);
  return processes.invoke(slot, here, ({ webhook }, deadlineAt) =>
    receive(
      {
        ...envelope,
        headers: { 'content-type': 'application/json' },
        sourceIp: '203.0.113.7',
        requestId: `${here.step}-${here.chance.upTo(1e9)}`,
        deadline: { at: deadlineAt },
      },
      webhook,
    ),
  );
}
