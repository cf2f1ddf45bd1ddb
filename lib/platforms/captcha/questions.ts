/** Questions of a login to a person: a code that was sent by SMS, a token's digits (SPEC 5). */
import { subjectOf } from '../../definition/account.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import { OPEN_MS } from './challenges.ts';
import type { Challenges } from './challenges.ts';

/** Kind of the alert that is up while a question is open. */
const LOGIN_ASKS = 'LOGIN_ASKS';
/** Part of the time left that a person may use: the form has to be sent after it. */
const SHARE = 0.9;

export interface Question {
  /** The service whose login asks. */
  service: string;
  /** Of a service with several. */
  account?: string | undefined;
  prompt: string;
  deadline: Deadline;
}

export interface Questions {
  /** What a person has answered; nobody gets it twice. Rejects with `SESSION_NEEDS_PERSON` when none came in time. */
  ask(question: Question): Promise<string>;
}

export function createQuestions(
  challenges: Challenges,
  { alerts, clock }: { alerts: Alerts; clock: Clock },
): Questions {
  return {
    async ask({ service, account, prompt, deadline }) {
      const subject = subjectOf(service, account);
      const forMs = Math.floor(Math.min(OPEN_MS, SHARE * remaining(deadline, clock)));
      if (forMs <= 0) throw new GatewayError('DEADLINE_EXCEEDED', 'No time was left to ask a person.');
      await alerts.raise({
        kind: LOGIN_ASKS,
        subject,
        severity: 'warning',
        summary: `The login to ${subject} asks: ${prompt} (open for ${Math.ceil(forMs / 1_000)} s).`,
      });
      try {
        const text = await challenges.wait({ service, account, prompt }, clock.now() + forMs);
        if (text !== undefined) return text;
      } finally {
        await alerts.resolve(LOGIN_ASKS, subject);
      }
      throw new GatewayError(
        'SESSION_NEEDS_PERSON',
        `The login to ${subject} asked "${prompt}", and nobody answered in ${Math.ceil(forMs / 1_000)} s.`,
      );
    },
  };
}
