import type { Clock } from '../../runtime/clock.ts';
import type { LoginStep } from './login.ts';
import type { PageRedactor } from '../../text/redaction/page-redactor.ts';

export type StepName = LoginStep['step'];
export type Durations = Partial<Record<StepName, number>>;

/** Times the steps of one attempt and tells of them as they end. */
export interface Trace {
  /** Runs one step; what it puts into `saw` is shown, also when it fails. */
  step<T>(name: StepName, run: (saw: LoginStep['saw']) => Promise<T>): Promise<T>;
  /** A step that is over already. */
  tell(name: StepName, durationMs: number, saw: LoginStep['saw']): void;
  /** Milliseconds per step so far. */
  readonly durations: Durations;
}

export function createTrace(
  clock: Clock,
  redactor: PageRedactor,
  onStep: ((step: LoginStep) => void) | undefined,
): Trace {
  const durations: Durations = {};
  const tell = (step: LoginStep) => {
    durations[step.step] = (durations[step.step] ?? 0) + step.durationMs;
    try {
      onStep?.(step);
    } catch {
      // Whoever looks on does not decide.
    }
  };
  return {
    durations,
    tell: (step, durationMs, saw) => tell({ step, durationMs, saw }),
    step: async (step, run) => {
      const startedAt = clock.now();
      const saw: LoginStep['saw'] = {};
      try {
        const result = await run(saw);
        tell({ step, durationMs: clock.now() - startedAt, saw });
        return result;
      } catch (error) {
        const message = error instanceof Error ? error.message : 'failed';
        tell({ step, durationMs: clock.now() - startedAt, saw, error: redactor.redact(message, 500) });
        throw error;
      }
    },
  };
}
