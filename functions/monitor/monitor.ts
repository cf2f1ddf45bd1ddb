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

/**
 * Each task, whatever becomes of the others.
 * @returns the names of those that ran.
 * @throws Error that names those that failed: such a run counts as a failed one. The next minute tries again.
 */
export async function runMonitor(
  tasks: readonly MinuteTask[],
  context: MinuteContext,
  log: { error(message: string, fields: Record<string, unknown>): void },
): Promise<{ ran: string[] }> {
  const failed: string[] = [];
  await Promise.all(
    tasks.map(async ({ name, run }) => {
      try {
        await run(context);
      } catch (error) {
        log.error('A task of the monitor failed.', { task: name, error });
        failed.push(name);
      }
    }),
  );
  if (failed.length > 0) throw new Error(`Failed: ${failed.join(', ')}.`);
  return { ran: tasks.map(({ name }) => name) };
}
