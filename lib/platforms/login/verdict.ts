import type { Login } from '../definition.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import { holds } from '../../definition/predicate/predicate.ts';

/** The result of a login. `undefined`: the answer matches nothing in the recipe. */
export type Verdict = 'SUCCESS' | 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';

/**
 * Judges one answer: `success` first, then `failures` in their order. `cookie` predicates look at the jar:
 * a cookie may have come on an earlier step.
 */
export function judge(
  { success, failures }: Login,
  answer: Answer,
  cookies: Record<string, string>,
): Verdict | undefined {
  const hasCookie = (name: string) => Object.hasOwn(cookies, name);
  if (holds(success, answer, hasCookie)) return 'SUCCESS';
  return failures.find(({ when }) => holds(when, answer, hasCookie))?.error;
}
