import type { Deadline } from '../../lib/runtime/clock.ts';

/** Something that has to be looked at every minute. */
export interface MinuteTask {
  name: string;
  run: (context: MinuteContext) => Promise<void>;
}

export interface MinuteContext {
  requestId: string;
  deadline: Deadline;
}

/** Each task, whatever becomes of the others. @returns the errors of those that failed, by name. */
export async function runMonitor(
  tasks: readonly MinuteTask[],
  context: MinuteContext,
): Promise<Record<string, unknown>> {
  const failed: Record<string, unknown> = {};
  await Promise.all(
    tasks.map(async ({ name, run }) => {
      try {
        await run(context);
      } catch (error) {
        failed[name] = error;
      }
    }),
  );
  return failed;
}
