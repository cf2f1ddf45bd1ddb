import type { Attempt } from './attempt.ts';
import { runStep } from './after-step.ts';
import type { Verdict } from './verdict.ts';

/**
 * What only a person knows: has the platform send it, where a request does that, and waits for the answer. It is used in
 * this attempt and nowhere else; the next one asks anew. @returns what a request means that is no success.
 */
export async function askPerson(attempt: Attempt): Promise<Verdict> {
  const { login, definition, account, questions, trace, scope, redactor, deadline } = attempt;
  for (const [at, { name, prompt, before }] of login.ask.entries()) {
    if (before) {
      const verdict = await runStep(attempt, before, { name: 'ask', field: `auth.login.ask.${at}.before` });
      if (verdict !== 'SUCCESS') return verdict;
    }
    const text = await trace.step('ask', (saw) => {
      Object.assign(saw, { asked: name, prompt });
      return questions.ask({ service: definition.code, account, prompt, deadline });
    });
    redactor.learn([text]);
    scope.ask = { ...scope.ask, [name]: text };
  }
  return 'SUCCESS';
}
