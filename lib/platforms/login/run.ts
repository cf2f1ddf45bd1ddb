import type { CookieJar } from 'tough-cookie';
import type { CredentialVersion } from '../../access/credentials/credentials.ts';
import type { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Login, PlatformDefinition } from '../definition.ts';
import type { AttemptNotes } from './attempt.ts';
import type { LoginInput, LoginResult, SessionValues } from './login.ts';
import type { LoginAttempt } from './recorder.ts';
import type { PageRedactor } from '../../text/redaction/page-redactor.ts';
import type { Durations } from './trace.ts';
import type { Verdict } from './verdict.ts';

/** One login: what its attempts share. */
export interface Run {
  input: LoginInput;
  id: string;
  definition: PlatformDefinition;
  login: Login;
  credential: CredentialVersion;
  jar: CookieJar;
  /** Of the session that ended. */
  values: SessionValues;
  redactor: PageRedactor;
  startedAt: number;
}

/** How one attempt ended: with a verdict, or with an error on the way. */
export interface Outcome {
  /** Milliseconds since the epoch. */
  startedAt: number;
  durations: Durations;
  verdict?: Verdict;
  error?: GatewayError;
  notes: AttemptNotes;
  /** What a walk that got in has taken out of answers. */
  gained?: Pick<LoginResult, 'values' | 'expiresInSeconds'>;
  durationMs: number;
}

/** An attempt as the recorder keeps it. */
export function describeAttempt(
  run: Run,
  attempt: number,
  { verdict, error, notes, startedAt, durationMs, durations }: Outcome,
  id: string,
): LoginAttempt {
  const { definition, input, redactor, credential } = run;
  return omitUndefined({
    id,
    loginId: run.id,
    attempt,
    service: definition.code,
    account: input.service.account,
    at: new Date(startedAt).toISOString(),
    trigger: input.trigger,
    verdict: verdict ?? error?.code ?? 'INTERNAL',
    error: error && redactor.redact(withAddress(error), 1_000),
    durationMs,
    durations,
    captcha: describeCaptcha(run, notes, verdict),
    reply: notes.reply,
    credentialVersionId: credential.versionId,
  });
}

/** Whoever reads what a login did may know which address it was. */
function withAddress({ message, internal }: GatewayError): string {
  const address = internal?.['address'];
  return address === undefined ? message : `${message} (${address})`;
}

function describeCaptcha(
  { login }: Run,
  { image, captchaUrl, answer, contentType }: AttemptNotes,
  verdict: Verdict | undefined,
): LoginAttempt['captcha'] {
  const { captcha } = login;
  if (!captcha) return undefined;
  const right = verdict === 'SUCCESS' ? true : verdict === 'CAPTCHA_FAILED' ? false : undefined;
  return omitUndefined({
    codetype: captcha.codetype,
    hasImage: image !== undefined,
    url: captchaUrl,
    solver: answer?.solver,
    text: answer?.text,
    pictureId: answer?.pictureId,
    right: answer && right,
    contentType,
  });
}
