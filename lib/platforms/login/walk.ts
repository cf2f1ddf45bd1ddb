import type { Attempt } from './attempt.ts';
import { solveCaptcha } from './captcha-step.ts';
import { openPage } from './page-step.ts';
import { submitForm } from './submit-step.ts';
import type { Verdict } from './verdict.ts';
import { reachVerdict } from './verdict-step.ts';

/**
 * One walk through a recipe: page, captcha, solver, form, verdict (SPEC 5). Rejects when it came to no
 * verdict; `attempt.notes` keep what came before.
 */
export async function walk(attempt: Attempt): Promise<Verdict> {
  const pageUrl = await openPage(attempt);
  await solveCaptcha(attempt, pageUrl);
  const submitted = await submitForm(attempt, pageUrl);
  return reachVerdict(attempt, submitted);
}
