import type { SolverTransport } from '../platforms/captcha/solver-transport.ts';
import type { UpstreamResponse } from '../vendors/http/transport.ts';
import { findService, runCall } from './pipeline.ts';
import { unwrapped } from './call.ts';
import type { PipelineDeps } from './pipeline.ts';

/** `authenticator`: one that adds nothing, as the solver's account is in the body. */
export interface SolverCallDeps extends PipelineDeps {
  failureStatus: (error: unknown) => number;
}

/**
 * A captcha solver's HTTP, through the pipeline like every other outbound request: its quotas, its breaker,
 * its rows in the call log. Bodies hold an account and a picture: neither is recorded.
 */
export function createSolverTransport(deps: SolverCallDeps): SolverTransport {
  return async ({ definition }, request, deadline) => {
    const service = await findService(deps.catalog, definition.code);
    const { operation, method, url, headers, body, timeoutMs, maxBytes } = request;
    const called = await unwrapped(
      runCall<UpstreamResponse>(
        service,
        {
          label: { operation, method, path: new URL(url).pathname },
          send: {
            operation,
            build: () => ({ method, url, headers, body }),
            repeatable: false,
            retries: false,
            timeoutSeconds: Math.min(timeoutMs / 1_000, service.definition.timeoutSeconds),
            maxBytes,
          },
          interpret: ({ status, headers: received, setCookies, body: answer }) => ({
            status,
            headers: received,
            setCookies: [...setCookies],
            body: answer,
          }),
          outcome: ({ status }) => ({ status, upstreamStatus: status }),
          failureStatus: deps.failureStatus,
        },
        { requestId: `login-${deps.random.id(deps.clock.now())}`, caller: 'login', deadline },
        deps,
      ),
    );
    return called.result;
  };
}
