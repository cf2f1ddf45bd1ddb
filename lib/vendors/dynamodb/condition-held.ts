import { ConditionFailed } from './documents.ts';

/** Was it written? `false`: its condition did not hold. Rejects as the write does otherwise. */
export async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
