import * as z from 'zod';
import { byStatus } from '../send.ts';
import type { PostAnswer, Verdict } from '../send.ts';

const Code = z.union([z.number(), z.string()]);
const Answer = z.looseObject({ errcode: Code.optional(), code: Code.optional() });
const ERROR_CHARACTERS = 300;
export const TOO_MANY = 429;

/**
 * Chat robots answer 200 whatever comes of it: what counts is `errcode` or `code`.
 * @param busyCodes those that say "too many messages"
 */
export function byCode(
  field: 'errcode' | 'code',
  busyCodes: readonly number[],
): (answer: PostAnswer) => Verdict {
  return ({ status, text }) => {
    if (status === TOO_MANY) return { outcome: 'busy' };
    const answer = answerOf(text);
    const code = answer?.[field];
    if (code === undefined) {
      const failed = byStatus({ status }).outcome === 'failed';
      return failed
        ? { outcome: 'failed', ...(text && { error: `HTTP ${status}: ${short(text)}` }) }
        : noCode(field, text);
    }
    if (Number(code) === 0 && byStatus({ status }).outcome === 'taken') return { outcome: 'taken' };
    const outcome = busyCodes.includes(Number(code)) ? 'busy' : 'failed';
    const said = answer?.['errmsg'] ?? answer?.['msg'];
    return { outcome, error: short(`${field} ${code}${typeof said === 'string' ? `: ${said}` : ''}`) };
  };
}

const noCode = (field: string, text: string): Verdict => ({
  outcome: 'failed',
  error: short(`no ${field} in the answer: ${text}`),
});

/** Of what the other side said, what may be kept: one line. */
export const short = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, ERROR_CHARACTERS);

function answerOf(text: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
