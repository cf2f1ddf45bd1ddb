/** What happens in a simulation, as data: a seed makes it, and a failing one is shrunk by leaving parts of it out. */
import { chance } from './chance.ts';
import type { Chance } from './chance.ts';
import { weatherOf } from './weather.ts';
import type { Weather } from './weather.ts';
import type { PublicNetwork } from './gateway.ts';

export const PARTNERS = ['URS_A', 'URS_B'] as const;
export type PartnerCode = (typeof PARTNERS)[number];

/** Who is told of events: the one in their order, the other as they come. */
const SUBSCRIBERS = ['ordered', 'plain'] as const;

export interface OrderStep {
  kind: 'order';
  partner: PartnerCode;
  action: 'deposit' | 'withdraw';
  transactionId: string;
  userId: number;
  /** In the partner's currency. */
  amount: string;
  /** So many deliveries at once. */
  copies: number;
}

export type Step = { name: string; /** After the start, milliseconds. */ at: number } & (
  | OrderStep
  | { kind: 'check'; partner: PartnerCode; userId: number; amount: string }
  | { kind: 'register'; partner: PartnerCode; uid: number; superiors: number[] }
  | {
      kind: 'settings';
      partner: PartnerCode;
      settings: Record<string, unknown>;
      status: 'ACTIVE' | 'MAINTENANCE';
    }
  /** Operators look: at the balances, and at the journal. */
  | { kind: 'audit'; slot: number }
  | { kind: 'verify'; slot: number }
  /** Callers of a platform: a burst of reads, an order under a key, the platform that ends its sessions. */
  | { kind: 'read'; calls: number }
  | { kind: 'call'; key: string; copies: number }
  | { kind: 'expire' }
  | { kind: 'kill'; slot: number }
  | { kind: 'freeze'; slot: number; ms: number }
  /** Who is told of events does not answer. */
  | { kind: 'subscriber-down'; subscriber: string; ms: number }
  | { kind: 'redis-down'; ms: number }
  | { kind: 'redis-empty' }
);

export interface Scenario {
  seed: number;
  /** As asked for: what `--steps` was. */
  asked: number;
  steps: Step[];
  weather: Weather;
  network: PublicNetwork;
  /** Which of them there are. */
  subscribers: readonly string[];
  /** How far each process's clock is ahead, milliseconds. */
  skews: number[];
  /** Likewise the partners', seconds. */
  partnerSkews: Record<PartnerCode, number>;
}

/** Of more than a few ratios, the last makes amounts that no book can hold exactly. */
const RATIOS = ['300', '250.5', '1', '0.0000000001'];
const USERS = 4;

export function scenarioOf(seed: number, steps: number): Scenario {
  const of = (name: string) => chance(`${seed}/scenario/${name}`);
  const shape = of('shape');
  const pace = shape.oneOf([20, 150, 600]);
  let at = 0;
  let orders = 0;
  const made = Array.from({ length: steps }, (_, n): Step => {
    const draw = of(`step ${n}`);
    // Now and then long enough for what processes keep in memory to go out of date.
    at += draw.happens(0.04) ? draw.between(20_000, 70_000) : draw.between(0, 2 * pace);
    const step = stepOf(draw, of, orders);
    if (step.kind === 'order') orders += 1;
    return { name: `s${n}`, at: Math.round(at), ...step };
  });
  const network = of('network');
  const isRough = network.happens(0.7);
  return {
    seed,
    asked: steps,
    steps: made,
    weather: weatherOf(of('weather')),
    network: isRough
      ? { lostRequest: 0.05, lostReply: 0.12, twice: 0.15 }
      : { lostRequest: 0, lostReply: 0, twice: 0 },
    subscribers: of('subscribers').oneOf([[], [], [], ['ordered'], ['ordered'], ['plain'], SUBSCRIBERS]),
    skews: Array.from({ length: 1 + shape.upTo(4) }, () => Math.round(shape.between(-1_500, 1_500))),
    partnerSkews: { URS_A: Math.round(shape.between(-60, 60)), URS_B: Math.round(shape.between(-60, 60)) },
  };
}

type Bare<T> = T extends unknown ? Omit<T, 'name' | 'at'> : never;

function stepOf(draw: Chance, of: (name: string) => Chance, orders: number): Bare<Step> {
  const partner = draw.oneOf(PARTNERS);
  const userId = 1 + draw.upTo(USERS);
  const roll = draw.fraction();
  if (roll < 0.45) return orderStep(draw, of, partner, orders);
  if (roll < 0.53) return { kind: 'read', calls: draw.oneOf([1, 1, 3, 8]) };
  if (roll < 0.65) return { kind: 'call', key: `K${draw.upTo(40)}`, copies: draw.oneOf([1, 2, 3]) };
  if (roll < 0.69) return { kind: 'expire' };
  if (roll < 0.72) return { kind: 'audit', slot: draw.upTo(4) };
  if (roll < 0.73) return { kind: 'verify', slot: draw.upTo(4) };
  if (roll < 0.75) return { kind: 'check', partner, userId, amount: amountOf(draw) };
  if (roll < 0.83)
    return { kind: 'register', partner, uid: 100 + draw.upTo(4), superiors: superiorsOf(draw) };
  if (roll < 0.88) {
    const settings = { diamondRatio: draw.oneOf(RATIOS), fundUserId: draw.oneOf(['15', '35']) };
    return { kind: 'settings', partner, settings, status: draw.happens(0.1) ? 'MAINTENANCE' : 'ACTIVE' };
  }
  const slot = draw.upTo(4);
  if (roll < 0.93) return { kind: 'kill', slot };
  if (roll < 0.945)
    return { kind: 'subscriber-down', subscriber: draw.oneOf(SUBSCRIBERS), ms: draw.between(1_000, 60_000) };
  if (roll < 0.98) return { kind: 'freeze', slot, ms: draw.oneOf([1, 10]) * draw.between(50, 2_000) };
  return draw.happens(0.7) ? { kind: 'redis-down', ms: draw.between(500, 20_000) } : { kind: 'redis-empty' };
}

/** Mostly new; some ask for what was asked before, and some of those for something else under its id. */
function orderStep(
  draw: Chance,
  of: (name: string) => Chance,
  partner: PartnerCode,
  orders: number,
): OrderStep {
  const isAgain = orders > 0 && draw.happens(0.25);
  const number = isAgain ? draw.upTo(orders) : orders;
  const copies = draw.oneOf([1, 1, 2, 3]);
  const first = firstOrder(of(`order ${partner} ${number}`), partner, number);
  const isOther = isAgain && draw.happens(0.3);
  return { ...first, ...(isOther ? otherwise(draw, first) : {}), copies };
}

function firstOrder(draw: Chance, partner: PartnerCode, number: number): Omit<OrderStep, 'copies'> {
  const action = draw.oneOf(['deposit', 'withdraw', 'withdraw'] as const);
  const amount = amountOf(draw, action === 'deposit' ? 1 : 0.6);
  // Both partners count alike: the same id of both is two transfers.
  return {
    kind: 'order',
    partner,
    action,
    transactionId: `T${number}`,
    // Now and then somebody who has no account yet.
    userId: draw.happens(0.1) ? 300 + draw.upTo(20) : 1 + draw.upTo(USERS),
    amount,
  };
}

/** The same but for one thing. */
function otherwise(draw: Chance, { action, userId }: Omit<OrderStep, 'copies'>): Partial<OrderStep> {
  return draw.oneOf([
    { action: action === 'deposit' ? ('withdraw' as const) : ('deposit' as const) },
    { userId: 1 + (userId % USERS) },
    { amount: '7.77' },
  ]);
}

const amountOf = (draw: Chance, factor = 1): string => (factor * draw.oneOf([1, 5, 10.5, 20])).toFixed(2);

function superiorsOf(draw: Chance): number[] {
  const chain = [200, 201, 202, 203].slice(draw.upTo(4));
  return chain.slice(0, draw.upTo(3));
}
