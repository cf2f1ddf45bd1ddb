import type { HitRates } from '../captcha/hit-rate.ts';
import type { Questions } from '../captcha/questions.ts';
import type { CaptchaSolvers } from '../captcha/solver.ts';
import { isSecretSource } from '../../access/credentials/values.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { randomValues } from '../../definition/template/scope.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { GatewayError } from '../../runtime/errors.ts';
import type { Transport } from '../../vendors/http/transport.ts';
import type { PlatformDefinition } from '../definition.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Attempt, AttemptNotes } from './attempt.ts';
import { createBrowser } from './browser.ts';
import { createJar, openJar } from '../cookies/jar.ts';
import type { LoginInput, LoginResult, LoginRunner, SessionValues } from './login.ts';
import type { CookieJar } from 'tough-cookie';
import {
  asLoginError,
  captchaWrong,
  credentialsRejected,
  loginsUnavailable,
  withoutVerdict,
} from './login-error.ts';
import { checkRecipe } from './preflight.ts';
import type { OneTimeCodes } from './one-time-codes.ts';
import { lifeSeconds } from './values.ts';
import { runStep } from './after-step.ts';
import { sessionKeys } from '../session/keys.ts';
import { requireLogin } from '../session/needs-person.ts';
import type { LoginRecorder } from './recorder.ts';
import { describeAttempt } from './run.ts';
import type { Outcome, Run } from './run.ts';
import { createPageRedactor } from '../../text/redaction/page-redactor.ts';
import { createTrace } from './trace.ts';
import type { Trace } from './trace.ts';
import { walk } from './walk.ts';

/** Longest wait for what follows a login (records, refunds) before its result is returned. */
const PENDING_RECORDS_MS = 2_000;
/** Waited for even past the deadline: enough for one write, too short to be noticed. */
const LEAST_FOR_RECORDS_MS = 50;

export interface LoginRunnerDeps {
  transport: Transport;
  credentials: CredentialStore;
  solvers: CaptchaSolvers;
  questions: Questions;
  recorder: LoginRecorder;
  oneTimeCodes: OneTimeCodes;
  hitRates: HitRates;
  clock: Clock;
  random: Random;
}

/** @see LoginRunner */
export function createLoginRunner(deps: LoginRunnerDeps): LoginRunner {
  const { credentials, solvers, recorder, hitRates, clock, random } = deps;

  async function attempt(run: Run, number: number, pendingRecords: Promise<unknown>[]): Promise<Outcome> {
    const startedAt = clock.now();
    const notes: AttemptNotes = {};
    const trace = createTrace(clock, run.redactor, run.input.onStep);
    const outcome: Outcome = { notes, startedAt, durationMs: 0, durations: trace.durations };
    try {
      const attempt = createAttempt(run, notes, trace, deps);
      const verdict = await walk(attempt);
      // What it gained has to be readable before it counts as a success.
      if (verdict === 'SUCCESS') Object.assign(outcome, gainedBy(attempt));
      outcome.verdict = verdict;
    } catch (error) {
      outcome.error = asLoginError(run.definition.code, error);
    }
    outcome.durationMs = clock.now() - startedAt;
    pendingRecords.push(record(run, number, outcome));
    return outcome;
  }

  async function record(run: Run, number: number, outcome: Outcome): Promise<void> {
    const { image, contentType } = outcome.notes;
    const entry = describeAttempt(run, number, outcome, random.id(outcome.startedAt));
    const { solver, right, codetype } = entry.captcha ?? {};
    await Promise.all([
      recorder.record(entry, image && contentType ? { body: image, contentType } : undefined),
      solver !== undefined && right !== undefined && codetype !== undefined
        ? hitRates.count(solver, codetype, right ? 'right' : 'wrong')
        : undefined,
    ]);
  }

  async function login(run: Run, pendingRecords: Promise<unknown>[]): Promise<LoginResult> {
    const { definition, credential, input } = run;
    const maxAttempts = run.login.captcha?.maxAttempts ?? 1;
    for (let number = 1; ; number += 1) {
      const outcome = await attempt(run, number, pendingRecords);
      if (outcome.notes.submitted && !input.candidate) {
        credentials.used(definition.code, credential.versionId);
      }
      if (outcome.verdict === 'SUCCESS') {
        return resultOf(run, number, outcome, clock);
      }
      if (outcome.verdict === 'CAPTCHA_FAILED' && outcome.notes.answer) {
        pendingRecords.push(solvers.reportWrong(outcome.notes.answer));
      }
      const error = errorOf(definition, outcome);
      if (error.code === 'AUTHENTICATION_FAILED') credentials.forget(definition.code);
      const another = needsNewImage(outcome) && number < maxAttempts;
      if (!another || remaining(input.deadline, clock) <= outcome.durationMs) throw error;
    }
  }

  /** What all attempts of one login share. */
  async function start(input: LoginInput, jar: CookieJar, values: SessionValues): Promise<Run> {
    const { definition } = input.service;
    const { auth, code } = definition;
    const login = requireLogin(input.service);
    const credential = input.candidate ?? (await credentials.current(code, input.service.account));
    const redactor = createPageRedactor(auth.charset);
    redactor.learn([...secretsAmong(credential.values), ...(credential.otherSecrets ?? [])]);
    const startedAt = clock.now();
    const id = random.id(startedAt);
    return { input, id, definition, login, credential, jar, values, redactor, startedAt };
  }

  return {
    async run(input) {
      const run = await start(input, createJar(), {});
      checkRecipe(run.definition, run.login, run.credential.values);
      const pendingRecords: Promise<unknown>[] = [];
      try {
        return await login(run, pendingRecords);
      } finally {
        await waitForRecords(pendingRecords, input.deadline, clock);
      }
    },

    async refresh(input, ended) {
      const run = await start(input, openJar(ended.jar), ended.values);
      const { refresh } = run.login;
      const notes: AttemptNotes = {};
      const trace = createTrace(clock, run.redactor, input.onStep);
      const attempt = createAttempt(run, notes, trace, deps);
      try {
        const verdict = await runStep(attempt, refresh!, { name: 'refresh', field: 'auth.login.refresh' });
        if (verdict !== 'SUCCESS') throw credentialsRejected(run.definition.code);
        const outcome = { notes, startedAt: run.startedAt, durationMs: 0, durations: trace.durations };
        return resultOf(run, 0, { ...outcome, ...gainedBy(attempt) }, clock);
      } catch (error) {
        throw asLoginError(run.definition.code, error);
      }
    },
  };
}

/** What the walk has taken out of answers. */
function gainedBy(attempt: Attempt): Pick<Outcome, 'gained'> {
  const expiresInSeconds = lifeSeconds(attempt);
  return { gained: { values: attempt.scope.session ?? {}, ...omitUndefined({ expiresInSeconds }) } };
}

/** Everything one attempt works with. */
function createAttempt(run: Run, notes: AttemptNotes, trace: Trace, deps: LoginRunnerDeps): Attempt {
  const { definition, login, credential, jar, redactor, input } = run;
  const { charset } = definition.auth;
  const { transport, solvers, questions, oneTimeCodes, clock, random } = deps;
  const { deadline } = input;
  const browser = createBrowser({
    transport,
    clock,
    jar,
    origin: new URL(definition.baseUrl).origin,
    charset,
    deadline,
    timeoutMs: definition.timeoutSeconds * 1_000,
    maxBytes: definition.maxResponseBytes,
  });
  return {
    definition,
    account: input.service.account,
    login,
    charset,
    scope: {
      settings: definition.settings,
      credentials: credential.values,
      derived: {
        add: (text, sources) => {
          if (sources.some(({ root }) => root === 'credentials') || sources.some(isSecretSource))
            redactor.learn([text]);
        },
      },
      random: randomValues(random),
      session: run.values,
    },
    jar,
    browser,
    solvers,
    questions,
    oneTimeCodes,
    oneTimeCodeKey: sessionKeys(definition, input.service.account).oneTimeCode,
    redactor,
    trace,
    notes,
    deadline,
    clock,
    random,
  };
}

/** Masking short numbers and names everywhere would make texts unreadable; a password is masked at any length. */
function secretsAmong(credentials: Record<string, string>): string[] {
  return Object.entries(credentials)
    .filter(([name, value]) => value.length > 2 || /pass|pwd|secret|key|token|pin/i.test(name))
    .map(([, value]) => value);
}

function needsNewImage({ verdict, error }: Outcome): boolean {
  if (verdict !== undefined) return verdict === 'CAPTCHA_FAILED';
  return isGatewayError(error, 'CAPTCHA_FAILED') && error.internal?.['newImage'] === true;
}

function errorOf({ code }: PlatformDefinition, { verdict, error, notes }: Outcome): GatewayError {
  if (error) return notes.submitted && !notes.admitted ? withoutVerdict(error) : error;
  if (verdict === 'CAPTCHA_FAILED') return captchaWrong(code);
  if (verdict === 'AUTHENTICATION_FAILED') return credentialsRejected(code);
  return loginsUnavailable(code);
}

function resultOf(run: Run, attempts: number, { notes, gained }: Outcome, clock: Clock): LoginResult {
  const now = clock.now();
  return {
    jar: run.jar,
    values: {},
    ...gained,
    credentialVersionId: run.credential.versionId,
    loginInfo: {
      ...(notes.captchaUrl === undefined ? {} : { captcha_url: notes.captchaUrl }),
      login_time: new Date(now).toISOString(),
      attempts,
      duration_ms: now - run.startedAt,
    },
  };
}

/** A Lambda freezes when it has answered: what is still to be written is waited for, but not for long. */
async function waitForRecords(
  pendingRecords: Promise<unknown>[],
  deadline: Deadline,
  clock: Clock,
): Promise<void> {
  const timer = new AbortController();
  const patienceMs = Math.min(PENDING_RECORDS_MS, Math.max(LEAST_FOR_RECORDS_MS, remaining(deadline, clock)));
  const patience = clock.sleep(patienceMs, timer.signal).catch(() => {});
  await Promise.race([Promise.allSettled(pendingRecords), patience]);
  timer.abort();
}
