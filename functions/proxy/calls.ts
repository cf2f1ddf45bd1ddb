import { authorizeOperation } from '../../lib/api/authorize.ts';
import { batchAnswer, operationAnswer, rawAnswer } from '../../lib/api/call-answers.ts';
import { parseBody } from '../../lib/api/input.ts';
import { keyedCall } from '../../lib/api/keyed-call.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { BatchRequest, OperationRequest } from '../../lib/api/schemas.ts';
import type { Idempotency } from '../../lib/calls/idempotency/idempotency.ts';
import { callBatch } from '../../lib/calls/operation/batch.ts';
import type { BatchEntry } from '../../lib/calls/operation/batch.ts';
import { callOperation, findOperation, isIdempotent } from '../../lib/calls/operation/operation.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import { findService } from '../../lib/calls/pipeline.ts';
import { hadNoEffect } from '../../lib/calls/call.ts';
import { identifyingHeaders } from '../../lib/calls/raw-proxy/headers.ts';
import { callProxy, isSafe } from '../../lib/calls/raw-proxy/raw-proxy.ts';

export interface ServiceCallDeps extends OperationDeps {
  idempotency: Idempotency;
}

type Handler = (request: ApiRequest, deps: ServiceCallDeps) => Promise<ApiResponse>;

/** Calls to third parties: by operation, many at once, raw. */
export const calls = {
  async callOperation(request, deps) {
    const { code = '', operation = '' } = request.params;
    const found = await findOperation(deps, code, operation);
    const { params } = parseBody(OperationRequest, request);
    return keyedCall(
      {
        request,
        unsafe: found.unsafe,
        mayRepeat: isIdempotent(found.operation),
        call: async (context) =>
          operationAnswer(
            await callOperation({ service: code, operation, params }, context, deps),
            request.requestId,
          ),
      },
      deps.idempotency,
    );
  },

  async callBatch(request, deps) {
    const { code = '' } = request.params;
    await findService(deps.catalog, code);
    const entries = parseBody(BatchRequest, request);
    return keyedCall(
      {
        request,
        unsafe: true,
        call: async (context) => {
          const check = ({ operation }: BatchEntry) => authorizeOperation(request, operation);
          const results = await callBatch(code, entries, context, { ...deps, check });
          const nothingSent = results.every((result) => 'failure' in result && hadNoEffect(result.failure));
          return { ...batchAnswer(results, request.requestId), nothingSent };
        },
      },
      deps.idempotency,
    );
  },

  async rawProxy(request, deps) {
    const { code = '', path = '' } = request.params;
    const { method, query, headers, body } = request;
    return keyedCall(
      {
        request,
        unsafe: !isSafe(method),
        headers: () => identifyingHeaders(headers),
        call: async (context) =>
          rawAnswer(
            await callProxy({ service: code, method, path: `/${path}`, query, headers, body }, context, deps),
          ),
      },
      deps.idempotency,
    );
  },
} satisfies Record<string, Handler>;
