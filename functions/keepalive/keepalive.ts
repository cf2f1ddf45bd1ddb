import * as z from 'zod';
import { callOperation } from '../../lib/calls/operation/operation.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import { unwrapped } from '../../lib/calls/call.ts';
import type { BaseDefinition, Service, ServiceCatalog } from '../../lib/definition/service.ts';
import { AccountName, subjectOf } from '../../lib/definition/account.ts';
import { asPlatform } from '../../lib/platforms/definition.ts';
import type { PlatformService } from '../../lib/platforms/definition.ts';
import type { SessionService } from '../../lib/platforms/session/create-sessions.ts';
import { keepAlive } from '../../lib/platforms/session/keepalive.ts';
import type { KeepaliveDeps } from '../../lib/platforms/session/keepalive.ts';
import type { Clock, Deadline } from '../../lib/runtime/clock.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import type { Alerts } from '../../lib/watch/alerts/alerts.ts';

/** `{ "service": "CODE", "account"? }`: log in for a caller that could not wait. Anything else: EventBridge's schedule. */
const DirectEvent = z.object({ service: z.string(), account: AccountName.optional() });

export interface KeepaliveFunctionDeps {
  catalog: ServiceCatalog<Service<BaseDefinition & { auth: { type: string } }>>;
  sessions: SessionService;
  alerts: Alerts;
  clock: Clock;
  log: KeepaliveDeps['log'];
  /** With sessions whose logins are recorded with trigger `keepalive`. */
  operationDeps: OperationDeps;
}

/**
 * Answers what was done, by service and account; for the log and for tests. A login that failed in a known way is such an
 * answer: rejecting would have Lambda repeat the event, and the platform count another refusal.
 */
export async function runKeepalive(
  event: unknown,
  context: { requestId: string; deadline: Deadline },
  { catalog, sessions, alerts, clock, log, operationDeps }: KeepaliveFunctionDeps,
): Promise<Record<string, string>> {
  const direct = DirectEvent.safeParse(event);
  if (direct.success) {
    const { service: code, account } = direct.data;
    const service = asPlatform(await catalog.find(code));
    if (!service) throw new GatewayError('CONFIGURATION_ERROR', `${code} has no session.`);
    const subject = subjectOf(code, account);
    // Whoever asks may have read newer ones.
    if (account !== undefined) operationDeps.credentials.forget(code);
    try {
      await sessions.loginInBackground({ ...service, account }, context);
      return { [subject]: 'logged-in' };
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      log.error('A background login failed.', { service: subject, code: error.code, error });
      return { [subject]: error.code };
    }
  }
  const services = (await catalog.list()).flatMap((service) => asPlatform(service) ?? []);
  const callKeepalive = ({ definition, account }: PlatformService, operation: string, deadline: Deadline) =>
    unwrapped(
      callOperation(
        { service: definition.code, operation, params: {} },
        { requestId: context.requestId, caller: 'keepalive', deadline, account },
        operationDeps,
      ),
    );
  return keepAlive(
    { services, deadline: context.deadline },
    {
      sessions,
      credentials: operationDeps.credentials,
      alerts,
      clock,
      log,
      random: operationDeps.random,
      callOperation: callKeepalive,
    },
  );
}
