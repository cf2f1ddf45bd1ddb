import type { Answer } from '../gatehouse.ts';
import { until } from './program.ts';

/** Status and error code: `200`, `502 AUTHENTICATION_FAILED`. */
export const outcome = (answer: Answer): string =>
  `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();

/** What three wrong passwords come to. */
export const PAUSED = { outcomes: ['502 AUTHENTICATION_FAILED'], sent: 3 };

/**
 * Calls with wrong credentials until callers are told to stay away for minutes, and once more.
 * @param call one call. @param sent how often the program has seen them so far.
 */
export async function untilPaused(
  call: () => Promise<Answer>,
  sent: () => number,
): Promise<{ outcomes: string[]; sent: number }> {
  const before = sent();
  const outcomes = new Set<string>();
  const isPaused = async () => {
    const answer = await call();
    outcomes.add(outcome(answer));
    return Number(answer.headers.get('retry-after')) > 60;
  };
  await until(isPaused, 'wrong credentials are not sent any more');
  await isPaused();
  return { outcomes: [...outcomes], sent: sent() - before };
}
