import type { CookieJar } from 'tough-cookie';
import type { Questions } from '../captcha/questions.ts';
import type { CaptchaAnswer, CaptchaSolvers } from '../captcha/solver.ts';
import type { PlatformDefinition, Login } from '../definition.ts';
import type { Random } from '../../runtime/random.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import type { Browser } from './browser.ts';
import type { CodeWait } from './one-time-codes.ts';
import type { PageRedactor } from '../../text/redaction/page-redactor.ts';
import type { Trace } from './trace.ts';

/** What an attempt records, filled in as it goes: after a failure it holds what came before. */
export interface AttemptNotes {
  captchaUrl?: string;
  image?: Buffer;
  contentType?: string;
  answer?: CaptchaAnswer;
  /** The form was sent, or may have been: the credentials count as used. */
  submitted?: boolean;
  /** The platform let it in: what fails after that says nothing about the credentials. */
  admitted?: boolean;
  /** The answer that decided the verdict, or the last one received; redacted. */
  reply?: { status: number; location?: string; text: string };
}

/** Everything the steps of one attempt work with. */
export interface Attempt extends CodeWait {
  definition: PlatformDefinition;
  /** Of a service with several. */
  account: string | undefined;
  login: Login;
  charset: string | undefined;
  /** What the templates may name so far; steps add to it. */
  scope: TemplateScope;
  jar: CookieJar;
  browser: Browser;
  solvers: CaptchaSolvers;
  questions: Questions;
  redactor: PageRedactor;
  trace: Trace;
  notes: AttemptNotes;
  random: Random;
}
