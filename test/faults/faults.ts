/** What can happen to one request on its way to DynamoDB and back, and which of it happens when. */
import { seeded } from '../../dev/seeded.ts';

/** The request is refused as a whole, before anything. */
const REFUSED = ['throttled', 'internal-error'] as const;
/** Its connection breaks: before DynamoDB has it, after it was carried out, or in the middle of the answer. */
const BROKEN = ['lost-request', 'lost-reply', 'reset-answer'] as const;
/** Its connection breaks and it reaches DynamoDB all the same, some requests later. */
const LATE = ['late-request'] as const;
/** It is carried out, and nothing comes back, or only the headers and half of the body. */
const SLOW = ['silence', 'stalled-body'] as const;
/** It is not carried out, and nothing comes back. */
const HUNG = ['black-hole'] as const;
/** Writes meet other writers: a transaction is cancelled with reasons in any position. */
const CONTENDED = ['conflict'] as const;

export type Fault =
  | 'none'
  | (typeof REFUSED)[number]
  | (typeof BROKEN)[number]
  | (typeof LATE)[number]
  | (typeof SLOW)[number]
  | (typeof HUNG)[number]
  | (typeof CONTENDED)[number]
  /** A transaction or a write that can never succeed. */
  | 'invalid';

/** Share of requests that meet each fault, 0 to 1. */
export type FaultRates = Partial<Record<Fault, number>>;

/** What one request meets; `fraction` draws whatever else is open about it. */
export interface Fate {
  fault: Fault;
  fraction: () => number;
}

/** The nth request meets the same for the same seed, whatever happened to those before it. */
export function faultPlan(seed: number, rates: FaultRates = {}): () => Fate {
  let requests = 0;
  return () => {
    const fraction = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(++requests, 0x85ebca6b));
    let left = fraction();
    for (const [fault, rate] of Object.entries(rates) as [Fault, number][]) {
      if (left < rate) return { fault, fraction };
      left -= rate;
    }
    return { fault: 'none', fraction };
  };
}

/** All of them, in the shares in which a bad day has them: an eighth of the requests. */
export const BAD_DAY: FaultRates = {
  throttled: 0.02,
  conflict: 0.03,
  'internal-error': 0.01,
  'lost-request': 0.01,
  'late-request': 0.02,
  'lost-reply': 0.02,
  'reset-answer': 0.01,
  silence: 0.003,
  'stalled-body': 0.003,
};

/** The same faults, in so much of their shares: 0.4 is one request in twenty. */
export const partOf = (rates: FaultRates, part: number): FaultRates =>
  Object.fromEntries(Object.entries(rates).map(([fault, rate]) => [fault, rate * part]));
