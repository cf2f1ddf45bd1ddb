import { failureAnswer, operationAnswer } from '../../lib/api/call-answers.ts';
import { parseBody } from '../../lib/api/input.ts';
import { json } from '../../lib/api/message.ts';
import { TestRequest } from '../../lib/api/schemas.ts';
import { ACCOUNT_HEADER } from '../../lib/calls/accounts/account-choice.ts';
import { explainOperation } from '../../lib/calls/operation/explain.ts';
import { callOperation, findOperation, isIdempotent } from '../../lib/calls/operation/operation.ts';
import type { AdminHandlers } from './handlers.ts';

export const testCalls = {
  async testOperation(request, deps) {
    const { operation, params, explain } = parseBody(TestRequest, request);
    const { requestId, principal, deadline } = request;
    const account = request.headers[ACCOUNT_HEADER.toLowerCase()];
    const input = { service: request.params['code']!, operation, params };
    if (explain) {
      const { sessionOperator } = deps;
      return json(
        200,
        await explainOperation(
          { ...input, account },
          { ...deps, liveSession: (service) => sessionOperator.live(service) },
        ),
      );
    }
    const operations = deps.operations();
    const found = await findOperation(operations, input.service, operation);
    const context = { requestId, caller: principal.id, deadline, account };
    try {
      const target = `services/${input.service}/operations/${operation}`;
      const call = () => callOperation(input, context, operations);
      return operationAnswer(await deps.audited({ target }, call), requestId);
    } catch (error) {
      return failureAnswer(error, requestId, { mayRepeat: isIdempotent(found.operation) });
    }
  },
} satisfies Partial<AdminHandlers>;
