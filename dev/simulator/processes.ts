/** The house's processes: where a request finds one, how it stands still, how it ends and another takes its place. */
import { within } from './time/process.ts';
import type { Circumstance, Process } from './time/process.ts';
import { createParts } from './process/parts.ts';
import type { Parts } from './process/parts.ts';
import { runKeepalive } from '../../functions/keepalive/keepalive.ts';
import { runSettle } from '../../functions/settle/settle.ts';
import { runPublish } from '../../functions/publish/publish.ts';
import { journalsOf } from './process/journals.ts';
import { publishingOf } from './process/publishing.ts';
import { settlementOf } from './process/settlement.ts';
import { proxyOf } from './process/proxy.ts';
import { webhookOf } from './process/webhook.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { circumstance } from './time/process.ts';
import type { World } from './world.ts';

/** A process and what it has built at its start. */
export interface Running {
  process: Process;
  parts: Parts;
  webhook: ReturnType<typeof webhookOf>;
  proxy: ReturnType<typeof proxyOf>;
  journals: ReturnType<typeof journalsOf>;
  settlement: ReturnType<typeof settlementOf>;
  publishing: ReturnType<typeof publishingOf>;
}

/** API Gateway gives up after 30 s, and Lambda ends what still runs, milliseconds. */
const LIMIT_MS = 29_000;
/** What nobody waits for may run for longer, milliseconds; `publish` the longest. */
export const BACKGROUND_LIMIT_MS = 60_000;
export const PUBLISH_LIMIT_MS = 120_000;

export class Processes {
  readonly #world: World;
  readonly #running: (Running | undefined)[];
  readonly #skews: readonly number[];
  #started = 0;
  /** True time that invocations may have lost to processes that stood still: an answer may be so much later. */
  readonly freezes: { from: number; to: number; process: string }[] = [];

  constructor(world: World, skews: readonly number[]) {
    this.#world = world;
    this.#skews = skews;
    this.#running = skews.map(() => undefined);
  }

  get count(): number {
    return this.#running.length;
  }

  /** A cold start, where it is not running. */
  at(slot: number): Running {
    const known = this.#running[slot];
    if (known?.process.isAlive) return known;
    const name = `p${slot}.${(this.#started += 1)}`;
    const process = { name, skewMs: this.#skews[slot]!, frozenUntil: 0, isAlive: true };
    // What is built at a start belongs to the process, not to the step that caused it.
    const parts = within(this.#world.here(name, process), () => createParts(this.#world.secrets));
    const outside = {
      transport: this.#world.site.transport,
      startInBackground: (service: string) => this.#logInSomewhere(service),
    };
    const running = {
      process,
      parts,
      webhook: webhookOf(parts),
      proxy: proxyOf(parts, outside),
      journals: journalsOf(parts),
      settlement: settlementOf(parts, () => this.#settleSomewhere()),
      publishing: publishingOf(parts, {
        transport: this.#world.subscribers.transport,
        startRun: (subscription, runs) => this.#deliverSomewhere(subscription, runs),
      }),
    };
    this.#running[slot] = running;
    return running;
  }

  /**
   * One invocation. It never ends when its process does; a process that is at it for too long is ended.
   * @param run with the moment, by its process's clock, by which it must have answered.
   */
  async invoke<T>(
    slot: number,
    step: Circumstance,
    run: (running: Running, deadlineAt: number) => Promise<T>,
    limitMs = LIMIT_MS,
  ): Promise<T> {
    const running = this.at(slot);
    const { process } = running;
    const here = { ...step, process };
    const { timeline } = this.#world;
    const cancel = timeline.after(limitMs, 'takes too long', here, undefined, () => this.kill(process));
    return within(here, async () => {
      try {
        return await run(running, Math.floor(timeline.now() + process.skewMs) + limitMs - 400);
      } finally {
        cancel();
      }
    });
  }

  #logInSomewhere(service: string): Promise<void> {
    return this.#invokeLater('keepalive is invoked', (here, { proxy }, at) =>
      runKeepalive({ service }, { requestId: here.step, deadline: { at } }, proxy.keepalive),
    );
  }

  #settleSomewhere(): Promise<void> {
    return this.#invokeLater('settle is invoked', (_here, { settlement }, at) =>
      runSettle({}, { at: at - 10_000 }, settlement.settle),
    );
  }

  #deliverSomewhere(subscription: string, runs: number): Promise<void> {
    return this.#invokeLater(
      `publish is invoked for ${subscription}`,
      (_here, { publishing }, at) =>
        runPublish({ deliver: subscription, runs }, { deadline: { at } }, publishing.publish),
      PUBLISH_LIMIT_MS,
    );
  }

  /** An asynchronous invocation: it is accepted, and mostly runs a moment later. */
  async #invokeLater(
    label: string,
    run: (here: Circumstance, running: Running, deadlineAt: number) => Promise<unknown>,
    limitMs = BACKGROUND_LIMIT_MS,
  ): Promise<void> {
    const here = circumstance()!;
    const slot = here.chance.upTo(this.count);
    const isLost = here.chance.happens(this.#world.network.weather.lostInvocations);
    here.timeline.after(
      here.chance.between(5, 50),
      isLost ? `${label}: lost` : label,
      here,
      undefined,
      () => {
        if (isLost) return;
        void this.invoke(slot, here, (running, at) => run(here, running, at), limitMs).catch(() => undefined);
      },
    );
    await systemClock.sleep(5);
  }

  kill(process: Process): void {
    if (!process.isAlive) return;
    process.isAlive = false;
    this.#world.journal.note(this.#world.timeline.now(), process.name, '-', 'is gone');
  }

  killAt(slot: number): void {
    const running = this.#running[slot];
    if (running) this.kill(running.process);
  }

  freezeAt(slot: number, ms: number): void {
    const process = this.#running[slot]?.process;
    if (!process?.isAlive) return;
    const from = this.#world.timeline.now();
    process.frozenUntil = Math.max(process.frozenUntil, from + ms);
    this.freezes.push({ from, to: process.frozenUntil, process: process.name });
    this.#world.journal.note(from, process.name, '-', `stands still for ${ms.toFixed(0)} ms`);
  }

  /** How long any process stood still between two moments, at most, milliseconds. */
  frozenMs(from: number, to: number): number {
    return this.freezes.reduce(
      (sum, one) => sum + Math.max(0, Math.min(to, one.to) - Math.max(from, one.from)),
      0,
    );
  }
}
