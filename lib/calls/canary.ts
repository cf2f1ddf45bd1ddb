/**
 * The canary call (SPEC 13): before new credentials of a service in use are stored, one call is made with them
 * (docs/builders/registry.md#credentials).
 */
import pMap from 'p-map';
import { withCandidate } from '../access/credentials/candidate.ts';
import type { Candidate } from '../access/credentials/candidate.ts';
import type { CanaryLockout } from '../access/credentials/canary-lockout.ts';
import type { CredentialStore } from '../access/credentials/credentials.ts';
import type { Lockout } from '../access/credentials/refusals.ts';
import { mayBeTried } from '../auth/strategies.ts';
import { subjectOf } from '../definition/account.ts';
import { isSwitchedOff } from '../definition/service.ts';
import { asPlatform } from '../platforms/definition.ts';
import type { PlatformService } from '../platforms/definition.ts';
import { countsAsRefusal } from '../platforms/login/login-error.ts';
import type { LoginResult } from '../platforms/login/login.ts';
import type { CanaryLogins } from '../platforms/session/canary-login.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import { unwrapped } from './call.ts';
import type { CallContext } from './call.ts';
import type { CallableService } from './definition.ts';
import { callOperation } from './operation/operation.ts';
import type { OperationDeps } from './operation/operation.ts';

/** Kind of the alert that is up after a third party has refused new credentials, until others are stored. */
const CANARY_FAILED = 'CANARY_FAILED';

/** The operation that is called: the first that there is. */
const OPERATIONS = ['canary', 'keepalive'];
/** Accounts at a time. */
const CONCURRENCY = 4;
/** What storing them may take after they were tried, milliseconds. */
const MARGIN_MS = 3_000;

export interface CanaryDeps {
  credentials: CredentialStore;
  /** What calls go through, with these in place of the stored credentials. */
  operationsWith: (tried: CredentialStore) => OperationDeps;
  logins: CanaryLogins;
  lockout: CanaryLockout;
  alerts: Alerts;
}

/** Of one rotation. */
export interface Canary {
  /**
   * Makes one call with each changed account. Absent: there is nothing to call, or nobody may call the service. Rejects with
   * `AUTHENTICATION_FAILED` when one is refused, `VALIDATION_FAILED` when no call can be made with them,
   * `PLATFORM_UNAVAILABLE` when that could not be found out.
   */
  tryOut?: (candidate: Candidate) => Promise<void>;
  /** They are stored: sessions that they brought become the fleet's. Never rejects. */
  stored(): Promise<void>;
}

export type CanaryContext = Pick<CallContext, 'requestId' | 'caller' | 'deadline'>;

type Kind = { platform: PlatformService } | { operation: string };

interface Failure {
  account: string | undefined;
  error: unknown;
}

export function createCanaries(deps: CanaryDeps) {
  return function canaryOf(service: CallableService, context: CanaryContext, { skip = false } = {}): Canary {
    const { code } = service.definition;
    const kind = skip ? undefined : kindOf(service);
    const brought: { platform: PlatformService; result: LoginResult }[] = [];

    async function call(kind: Kind, candidate: Candidate, account: string | undefined): Promise<void> {
      const deadline = { at: context.deadline.at - MARGIN_MS };
      if ('operation' in kind) {
        return callWith(candidate, service, kind.operation, { ...context, deadline, account }, deps);
      }
      const platform = { ...kind.platform, account };
      const result = await deps.logins.tryCredentials(platform, candidate.versions.get(account)!, {
        deadline,
      });
      brought.push({ platform, result });
    }

    async function tryAccount(kind: Kind, candidate: Candidate, account: string | undefined): Promise<void> {
      const subject = subjectOf(code, account);
      await deps.lockout.admit(subject);
      try {
        await call(kind, candidate, account);
      } catch (error) {
        if (countsAsRefusal(error)) await deps.lockout.refused(subject, lockoutOf(service));
        throw error;
      }
      await deps.lockout.accepted(subject);
    }

    async function tryOut(kind: Kind, candidate: Candidate): Promise<void> {
      const failures: Failure[] = [];
      await pMap(
        candidate.changed,
        (account) =>
          tryAccount(kind, candidate, account).catch(
            (error: unknown) => void failures.push({ account, error }),
          ),
        { concurrency: CONCURRENCY },
      );
      const refused = failures.filter(({ error }) => isGatewayError(error, 'AUTHENTICATION_FAILED'));
      if (refused.length > 0) {
        await raise(deps.alerts, code, refused);
        throw refusal(code, refused);
      }
      if (failures[0]) throw untried(code, failures[0]);
    }

    return {
      ...(kind && { tryOut: (candidate: Candidate) => tryOut(kind, candidate) }),
      async stored() {
        await Promise.allSettled([
          ...brought.map(({ platform, result }) => deps.logins.keepLogin(platform, result)),
          deps.alerts.resolve(CANARY_FAILED, code),
        ]);
      },
    };
  };
}

export type CanaryOf = ReturnType<typeof createCanaries>;

function kindOf(service: CallableService): Kind | undefined {
  const { auth, operations, status } = service.definition;
  if (isSwitchedOff(status) || !mayBeTried(auth)) return undefined;
  const platform = asPlatform(service);
  if (platform) return platform.definition.auth.login ? { platform } : undefined;
  const operation = OPERATIONS.find((name) => Object.hasOwn(operations, name));
  return operation === undefined ? undefined : { operation };
}

/** Through the pipeline as any call, but what it learns is not remembered for others, and no cache answers for it. */
async function callWith(
  candidate: Candidate,
  service: CallableService,
  operation: string,
  context: CallContext,
  { credentials, operationsWith }: CanaryDeps,
): Promise<void> {
  const operations = operationsWith(withCandidate(credentials, candidate));
  const { catalog, cache } = operations;
  await unwrapped(
    callOperation({ service: candidate.code, operation, params: {}, uncached: true }, context, {
      ...operations,
      catalog: { ...catalog, find: async () => service },
      cache: { ...cache, read: () => undefined, store: async () => {} },
    }),
  );
}

const lockoutOf = ({ definition: { auth } }: CallableService): Lockout =>
  'lockout' in auth ? auth.lockout : { failures: 3, seconds: 600 };

const NOTHING_STORED = 'Nothing was stored: the version before stays current.';
const UNTRIED = 'With ?canary=none they are stored untried.';

async function raise(alerts: Alerts, code: string, refused: readonly Failure[]): Promise<void> {
  const subjects = refused.map(({ account }) => subjectOf(code, account)).join(', ');
  await alerts.raise({
    kind: CANARY_FAILED,
    subject: code,
    severity: 'warning',
    summary: `New credentials of ${subjects} were refused when they were tried; the old ones stay in use.`,
  });
}

function refusal(code: string, refused: readonly Failure[]): GatewayError {
  const [{ error }] = refused as [Failure];
  const { message, retryAfterSeconds } = error as GatewayError;
  const named = refused.flatMap(({ account, error }) =>
    account === undefined ? [] : [{ field: `accounts.${account}`, message: (error as GatewayError).message }],
  );
  const what =
    named.length > 1 ? `${code} refused the new credentials of ${named.length} accounts.` : message;
  return new GatewayError('AUTHENTICATION_FAILED', `${what} ${NOTHING_STORED}`, {
    ...omitUndefined({ retryAfterSeconds, fields: named.length > 0 ? named : undefined }),
    cause: error,
  });
}

/** Neither accepted nor refused. */
function untried(code: string, { account, error }: Failure): unknown {
  if (!isGatewayError(error) || error.code === 'STORE_UNAVAILABLE' || error.code === 'INTERNAL') return error;
  const { message, fields, retryAfterSeconds, upstream, internal } = error;
  const about = `The new credentials of ${subjectOf(code, account)} could not be tried`;
  const isOurs = isGatewayError(error, 'CONFIGURATION_ERROR', 'VALIDATION_FAILED');
  return new GatewayError(
    isOurs ? 'VALIDATION_FAILED' : 'PLATFORM_UNAVAILABLE',
    `${about} (${error.code}): ${message} ${NOTHING_STORED} ${UNTRIED}`,
    { ...omitUndefined({ fields, retryAfterSeconds, upstream, internal }), cause: error },
  );
}
