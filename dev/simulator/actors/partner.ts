/** A partner: sends orders until it knows what has become of each, as PHP on the other side of the world would. */
import { envelopeKey, sealEnvelope } from '../../../lib/partners/urs/envelope.ts';
import type { WebhookReply } from '../../../lib/partners/reply.ts';
import { deliver } from '../gateway.ts';
import type { PublicNetwork } from '../gateway.ts';
import type { Answers } from '../oracles/answers.ts';
import type { Processes } from '../processes.ts';
import { appKeyOf } from '../process/stage.ts';
import { pause } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import type { OrderStep, PartnerCode, Step } from '../scenario.ts';
import type { Registrations } from '../oracles/registrations.ts';

export interface PartnerWorld {
  processes: Processes;
  network: PublicNetwork;
  answers: Answers;
  registrations: Registrations;
}

/** Waits before it asks again, milliseconds. */
const AGAIN_MS = [300, 1_000, 3_000];

export class Partner {
  readonly #code: PartnerCode;
  readonly #world: PartnerWorld;
  /** How far its clock is ahead, seconds. */
  readonly #skewSeconds: number;

  constructor(code: PartnerCode, skewSeconds: number, world: PartnerWorld) {
    this.#code = code;
    this.#skewSeconds = skewSeconds;
    this.#world = world;
  }

  /** Sends an order, again where no answer came. `tries`: how often at most; then it does not know. */
  async order(
    step: OrderStep,
    here: Circumstance,
    tries = AGAIN_MS.length + 1,
  ): Promise<WebhookReply | undefined> {
    const { action, ...rest } = step;
    const payload = `{"action":"${action}","transactionId":"${rest.transactionId}","userId":${rest.userId},"usdtAmount":"${rest.amount}"}`;
    for (let n = 0; n < tries; n++) {
      if (n > 0) await pause(AGAIN_MS[n - 1]! * here.chance.between(0.5, 1.5), here);
      const asked = this.#world.answers.asks(step, here);
      const reply = await this.#send(action, payload, here);
      asked(reply);
      if (reply && reply.status < 500) return reply;
    }
    return undefined;
  }

  async check({ userId, amount }: Step & { kind: 'check' }, here: Circumstance): Promise<void> {
    await this.#send('check', `{"userId":${userId},"usdtAmount":"${amount}"}`, here);
  }

  async register({ uid, superiors }: Step & { kind: 'register' }, here: Circumstance): Promise<void> {
    const sentAt = this.#seconds(here);
    const answered = this.#world.registrations.states({ code: this.#code, uid, superiors, sentAt });
    const reply = await this.#send('register', JSON.stringify({ uid, superiors }), here);
    answered(reply);
  }

  #seconds(here: Circumstance): number {
    return Math.floor(here.timeline.now() / 1_000) + this.#skewSeconds;
  }

  #send(action: string, text: string, here: Circumstance): Promise<WebhookReply | undefined> {
    const key = envelopeKey(this.#code, { versionId: 'v1', values: { appKey: appKeyOf(this.#code) } });
    const iv = Buffer.from(Array.from({ length: 16 }, () => here.chance.upTo(256)));
    const envelope = sealEnvelope(text, key, { nowSeconds: this.#seconds(here), iv });
    const path = this.#code.toLowerCase().replace('_', '-');
    return deliver(
      { path, action, body: Buffer.from(JSON.stringify(envelope)) },
      this.#world.processes,
      this.#world.network,
      here,
    );
  }
}
