/**
 * Puts virtual time and seeded chance under everything that runs in a circumstance: the SDKs' timers too. Where there is
 * none (the harness itself, what is loaded before a simulation) the real ones go on. Import it before what it is for.
 */
import crypto from 'node:crypto';
import consumers from 'node:stream/consumers';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { circumstance, shownTime } from './process.ts';
import type { Circumstance } from './process.ts';

const RealDate = Date;
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  performanceNow: performance.now.bind(performance),
  fraction: Math.random,
  randomBytes: crypto.randomBytes,
  randomUUID: crypto.randomUUID,
  sleep: timers.setTimeout,
  buffer: consumers.buffer,
  timeout: AbortSignal.timeout.bind(AbortSignal),
};

/** A timer as Node's look: code calls `unref` on them. */
class Timer {
  readonly #cancel: { current: () => void };
  constructor(cancel: { current: () => void }) {
    this.#cancel = cancel;
  }
  cancel(): void {
    this.#cancel.current();
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  [Symbol.dispose](): void {
    this.cancel();
  }
}

type Callback = (...args: unknown[]) => void;

function start(
  here: Circumstance,
  run: Callback,
  ms: number | undefined,
  args: unknown[],
  repeats = false,
): Timer {
  const cancel = { current: () => {} };
  // As Node has it: whole milliseconds, at least one.
  const wait = Math.max(1, Math.trunc(ms ?? 1));
  const plan = () => {
    cancel.current = here.timeline.after(wait, 'timer', here, here.process, () => {
      if (repeats) plan();
      run(...args);
    });
  };
  plan();
  return new Timer(cancel);
}

const patched = (name: string, value: unknown, of: object = globalThis) =>
  Object.defineProperty(of, name, { value, writable: true, configurable: true });

patched('setTimeout', (run: Callback, ms?: number, ...args: unknown[]) => {
  const here = circumstance();
  return here ? start(here, run, ms, args) : real.setTimeout(run, ms, ...args);
});
patched('setInterval', (run: Callback, ms?: number, ...args: unknown[]) => {
  const here = circumstance();
  return here ? start(here, run, ms, args, true) : real.setInterval(run, ms, ...args);
});
patched('setImmediate', (run: Callback, ...args: unknown[]) => {
  const here = circumstance();
  return here ? start(here, run, 0, args) : real.setImmediate(run, ...args);
});
const clear = (clearReal: (timer: never) => void) => (timer: unknown) =>
  timer instanceof Timer ? timer.cancel() : clearReal(timer as never);
patched('clearTimeout', clear(real.clearTimeout));
patched('clearInterval', clear(real.clearTimeout));
patched('clearImmediate', clear(real.clearImmediate));

const now = () => {
  const here = circumstance();
  return here ? Math.floor(shownTime(here)) : RealDate.now();
};

class OwnDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static override now(): number {
    return now();
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealDate;
  }
}
patched('Date', OwnDate);
patched('now', () => circumstance()?.timeline.now() ?? real.performanceNow(), performance);

patched('random', () => circumstance()?.chance.fraction() ?? real.fraction(), Math);
const bytes = (length: number): Buffer => {
  const here = circumstance();
  return here ? Buffer.from(Array.from({ length }, () => here.chance.upTo(256))) : real.randomBytes(length);
};
patched('randomBytes', bytes, crypto);
crypto.randomUUID = () => (circumstance() ? uuidOf(bytes(16)) : real.randomUUID());

patched('randomUUID', crypto.randomUUID, globalThis.crypto);

/** Version 4. */
function uuidOf(random: Buffer): `${string}-${string}-${string}-${string}-${string}` {
  random[6] = (random[6]! & 0x0f) | 0x40;
  random[8] = (random[8]! & 0x3f) | 0x80;
  const hex = random.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

timers.setTimeout = ((ms?: number, value?: unknown) => {
  const here = circumstance();
  return here
    ? new Promise((resolve) => void start(here, () => resolve(value as never), ms, []))
    : real.sleep(ms, value);
}) as typeof timers.setTimeout;

// The real one reads through a Blob, which takes a thread.
consumers.buffer = async (stream) => {
  if (!circumstance()) return real.buffer(stream as never);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

patched(
  'timeout',
  (ms: number) => {
    const here = circumstance();
    if (!here) return real.timeout(ms);
    const controller = new AbortController();
    start(here, () => controller.abort(new DOMException('The operation timed out.', 'TimeoutError')), ms, []);
    return controller.signal;
  },
  AbortSignal,
);

syncBuiltinESMExports();
