import type { CallUrs } from './context.ts';

/** The same question asked again while it is under way waits for the one answer: a crowd costs one call of the quota. */
export function sharingInFlight(callUrs: CallUrs): CallUrs {
  const underWay = new Map<string, ReturnType<CallUrs>>();
  return (operation, params, context) => {
    const question = JSON.stringify([operation, params, context.uncached ?? false]);
    const asked = underWay.get(question);
    if (asked) return asked;
    const answer = callUrs(operation, params, context).finally(() => underWay.delete(question));
    underWay.set(question, answer);
    return answer;
  };
}
