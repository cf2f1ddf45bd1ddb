/** What may be changed about URS while it runs, and what it has counted. */
import * as z from 'zod';

export interface Switches {
  /** How answers go out: `plain` JSON, `sealed`, or sealed with a wrong key (`forged`). */
  answers: 'plain' | 'sealed' | 'forged';
  /** What URS signs and encrypts with. */
  appKey: string;
  /** Every answer waits this long, milliseconds. */
  slowMs: number;
  /** This status instead of an answer, while `failNext` lasts (`null`: for ever). */
  failStatus: number | null;
  failNext: number | null;
  /** Connections are reset. */
  down: boolean;
}

const NewUser = z.strictObject({
  userId: z.int().positive(),
  nickname: z.string(),
  superior: z.int().positive().nullable(),
  userKey: z.string().min(1).optional(),
});

export const ControlChange = z
  .strictObject({
    answers: z.enum(['plain', 'sealed', 'forged']),
    appKey: z.string().min(1),
    slowMs: z.int().min(0).max(600_000),
    failStatus: z.int().min(200).max(599).nullable(),
    failNext: z.int().min(0).nullable(),
    down: z.boolean(),
    /** Adds users, or changes them. */
    users: z.array(NewUser),
    /** Back to the beginning, counters and users too. Done first. */
    reset: z.literal(true),
  })
  .partial();
export type ControlChange = z.infer<typeof ControlChange>;

export interface Counters {
  /** By action, `userInfo`; those that were refused too. */
  requests: Record<string, number>;
  /** Refusals by URS's own words. */
  refused: Record<string, number>;
  /** Requests sealed with an iv that was there before. */
  reusedIvs: number;
  /** Requests whose headers carried the same envelope as the body. */
  twiceSealed: number;
  resets: number;
  webhooksSent: number;
}

export function freshCounters(): Counters {
  return { requests: {}, refused: {}, reusedIvs: 0, twiceSealed: 0, resets: 0, webhooksSent: 0 };
}
