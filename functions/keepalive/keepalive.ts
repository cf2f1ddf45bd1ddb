import * as z from 'zod';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { callOperation } from '../../lib/calls/operation/operation.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import { CallFailed } from '../../lib/calls/pipeline.ts';
import type { Alerts } from '../../lib/watch/alerts/alerts.ts';
import type { RegisteredService } from '../../lib/registry/definition.ts';
import type { Deadline } from '../../lib/runtime/clock.ts';
import type { SessionService } from '../../lib/platforms/session/create-sessions.ts';
import { keepAlive } from '../../lib/platforms/session/keepalive.ts';
import type { Sessions } from '../../lib/platforms/session/sessions.ts';

/** `{ "service": "CODE" }`: log in for a caller who could not wait. Anything else: EventBridge's minute. */
const DirectEvent = z.object({ service: z.string() });

export interface KeepaliveFunctionDeps extends OperationDeps {
  sessions: SessionService;
  alerts: Alerts;
}

/** Answers what was done, by service; for the log and for tests. */
export async function runKeepalive(
  event: unknown,
  context: { requestId: string; deadline: Deadline },
  deps: KeepaliveFunctionDeps,
): Promise<Record<string, string>> {
  const direct = DirectEvent.safeParse(event);
  if (direct.success) {
    const service = await deps.catalog.find(direct.data.service);
    await deps.sessions.loginInBackground(service, context);
    return { [direct.data.service]: 'logged-in' };
  }
  return keepAlive(
    { services: await deps.catalog.list(), deadline: context.deadline },
    {
      sessions: deps.sessions,
      alerts: deps.alerts,
      clock: deps.clock,
      callOperation: (service, operation, deadline) =>
        keep(service, operation, { ...context, deadline }, deps),
    },
  );
}

async function keep(
  { definition }: RegisteredService,
  operation: string,
  { requestId, deadline }: { requestId: string; deadline: Deadline },
  deps: KeepaliveFunctionDeps,
): Promise<void> {
  try {
    await callOperation(
      { service: definition.code, operation, params: {} },
      { requestId, caller: 'keepalive', deadline },
      { ...deps, sessions: recordedAsKeepalive(deps.sessions) },
    );
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    throw error.cause instanceof GatewayError ? error.cause : error;
  }
}

/** The recorder tells logins of the schedule from those of callers. */
function recordedAsKeepalive(sessions: Sessions): Sessions {
  const trigger = 'keepalive';
  return {
    ...sessions,
    acquire: (service, options) => sessions.acquire(service, { ...options, trigger }),
    renew: (service, dead, options) => sessions.renew(service, dead, { ...options, trigger }),
  };
}
