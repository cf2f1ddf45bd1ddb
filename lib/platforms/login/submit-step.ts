import { isGatewayError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import type { Visit } from './browser.ts';
import { sendRequest } from './send-request.ts';

const EXCERPT_CHARACTERS = 300;

/** Sends the form, once: a captcha is good for one try, and a network error does not say whether it was used. */
export async function submitForm(attempt: Attempt, pageUrl: string): Promise<Visit> {
  const { login, trace, redactor, notes } = attempt;
  return trace.step('submit', async (saw) => {
    const visit = await sendRequest(attempt, login.submit, {
      field: 'auth.login.submit',
      referer: pageUrl,
      repeat: false,
      saw,
    }).catch((error: unknown) => {
      notes.submitted = isGatewayError(error) && error.mayHaveHadEffect;
      throw error;
    });
    notes.submitted = true;
    saw['text'] = redactor.redact(visit.answer.text(), EXCERPT_CHARACTERS);
    return visit;
  });
}
