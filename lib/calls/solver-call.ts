import type { SolverTransport } from '../platforms/captcha/solver-transport.ts';
import { CallFailed, findService, runCall } from './pipeline.ts';
import type { PipelineDeps } from './pipeline.ts';
import type { UpstreamResponse } from '../vendors/http/transport.ts';

export interface SolverCallDeps extends PipelineDeps {
  failureStatus: (error: unknown) => number;
}

/**
 * A captcha solver's HTTP, through the pipeline like every other outbound request: its quotas, its breaker,
 * its rows in the call log. Bodies hold an account and a picture: neither is recorded.
 */
export function solverTransport(deps: () => SolverCallDeps): SolverTransport {
  return async (service, request, deadline) => {
    await findService(deps().catalog, service.definition.code);
    const { operation, method, url, headers, body, timeoutMs } = request;
    const called = await runCall<UpstreamResponse>(
      service,
      {
        label: { operation, method, path: new URL(url).pathname },
        send: {
          build: () => ({ method, url, headers, body }),
          repeatable: false,
          retries: false,
          timeoutSeconds: Math.min(timeoutMs / 1_000, service.definition.timeoutSeconds),
        },
        interpret: ({ status, headers, setCookies, body }) => ({
          status,
          headers,
          setCookies: [...setCookies],
          body,
        }),
        outcome: ({ status }) => ({ status, upstreamStatus: status }),
        failureStatus: deps().failureStatus,
      },
      { requestId: `login-${deps().random.id(deps().clock.now())}`, caller: 'login', deadline },
      deps(),
    ).catch((error: unknown) => {
      throw error instanceof CallFailed ? error.cause : error;
    });
    return called.result;
  };
}
