import type { CallUrs } from '../referrals/context.ts';
import { callOperation } from './operation/operation.ts';
import type { OperationDeps } from './operation/operation.ts';
import { unwrapped } from './pipeline.ts';

/** Operations of one service, for a capability that asks it: failures come as they are, not wrapped. */
export function ursCalls(service: string, deps: OperationDeps): CallUrs {
  return async (operation, params, context) => {
    const { result, meta } = await unwrapped(
      callOperation({ service, operation, params, uncached: context.uncached }, context, deps),
    );
    return { dataText: result.dataText, stale: meta.stale };
  };
}
