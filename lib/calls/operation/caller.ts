import { unwrapped } from '../call.ts';
import type { CallContext } from '../call.ts';
import { callOperation } from './operation.ts';
import type { OperationDeps, OperationInput } from './operation.ts';

/** For capabilities that call a service themselves: failures are not wrapped, and of `meta` only `stale` is kept. */
export const operationCaller =
  (deps: OperationDeps) =>
  async (input: OperationInput, context: CallContext): Promise<{ dataText: string; stale: boolean }> => {
    const { result, meta } = await unwrapped(callOperation(input, context, deps));
    return { dataText: result.dataText, stale: meta.stale };
  };
