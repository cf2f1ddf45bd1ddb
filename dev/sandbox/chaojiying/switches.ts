/** What may be changed about the captcha service while it runs, and what it has counted. */
import * as z from 'zod';

export interface Switches {
  /** So many answers to come are wrong. */
  wrongNext: number;
  /** Share of wrong answers, 0 to 1: at 0.1 every tenth, counted rather than drawn. */
  errorRate: number;
  /** Every answer waits this long, milliseconds. */
  slowMs: number;
  /** HTTP status instead of an answer, as 417; `null`: none. */
  failStatus: number | null;
  /** An HTML page with status 200 instead of JSON. */
  garbage: boolean;
  /** This `err_no` instead of an answer; `null`: none. */
  errNo: number | null;
  /** Points left on the account. */
  points: number;
}

export const ControlChange = z
  .strictObject({
    wrongNext: z.int().min(0),
    errorRate: z.number().min(0).max(1),
    slowMs: z.int().min(0).max(600_000),
    failStatus: z.int().min(200).max(599).nullable(),
    garbage: z.boolean(),
    errNo: z.int().max(-1).nullable(),
    points: z.int().min(0),
    /** Back to the beginning, counters too. Done first. */
    reset: z.literal(true),
  })
  .partial();
export type ControlChange = z.infer<typeof ControlChange>;

export interface Counters {
  requests: Record<string, number>;
  /** Pictures answered, right or wrong: each cost points. */
  solved: number;
  wrong: number;
  reports: number;
  /** Reports of an answer that was right: what a service gets banned for. */
  unjustReports: number;
  refunds: number;
  pointsSpent: number;
}

export function freshCounters(): Counters {
  return { requests: {}, solved: 0, wrong: 0, reports: 0, unjustReports: 0, refunds: 0, pointsSpent: 0 };
}
