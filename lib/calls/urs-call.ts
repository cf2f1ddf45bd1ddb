import type { CallUrs } from '../referrals/context.ts';
import { callOperation } from './operation/operation.ts';
import type { OperationDeps } from './operation/operation.ts';
import { CallFailed } from './pipeline.ts';

/** Operations of one service, for a capability that asks it: failures come as they are, not wrapped. */
export function ursCalls(service: string, deps: OperationDeps): CallUrs {
  return async (operation, params, context) => {
    try {
      const { result, meta } = await callOperation(
        { service, operation, params, uncached: context.uncached },
        context,
        deps,
      );
      return { dataText: result.dataText, stale: meta.stale };
    } catch (error) {
      throw error instanceof CallFailed ? error.cause : error;
    }
  };
}
