import type { Attempt } from './attempt.ts';
import { runAfter } from './after-step.ts';
import { askPerson } from './ask-step.ts';
import { solveCaptcha } from './captcha-step.ts';
import { openPage } from './page-step.ts';
import { submitForm } from './submit-step.ts';
import type { Verdict } from './verdict.ts';
import { reachVerdict } from './verdict-step.ts';

/**
 * One walk through a recipe: page, captcha, solver, questions, form, verdict, requests inside (SPEC 5). Rejects when it came to no
 * verdict; `attempt.notes` keep what came before.
 */
export async function walk(attempt: Attempt): Promise<Verdict> {
  const pageUrl = await openPage(attempt);
  await solveCaptcha(attempt, pageUrl);
  const asked = await askPerson(attempt);
  if (asked !== 'SUCCESS') return asked;
  const submitted = await submitForm(attempt, pageUrl);
  const verdict = await reachVerdict(attempt, submitted);
  if (verdict !== 'SUCCESS') return verdict;
  return runAfter(attempt);
}
