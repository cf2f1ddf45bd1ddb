import type { Clock } from '../../runtime/clock.ts';
import type { LoginStep } from './login.ts';
import type { PageRedactor } from '../../text/redaction/page-redactor.ts';

export type StepName = LoginStep['step'];
export type Durations = Partial<Record<StepName, number>>;

/** Measures the steps of one attempt and reports each as it ends. */
export interface Trace {
  /** Runs one step; what it puts into `saw` is shown, also when it fails. */
  step<T>(name: StepName, run: (saw: LoginStep['saw']) => Promise<T>): Promise<T>;
  /** Reports a step that has already ended. */
  report(name: StepName, durationMs: number, saw: LoginStep['saw']): void;
  /** Milliseconds per step so far. */
  readonly durations: Durations;
}

export function createTrace(
  clock: Clock,
  redactor: PageRedactor,
  onStep: ((step: LoginStep) => void) | undefined,
): Trace {
  const durations: Durations = {};
  const report = (step: LoginStep) => {
    durations[step.step] = (durations[step.step] ?? 0) + step.durationMs;
    try {
      onStep?.(step);
    } catch {
      // A failing listener must not fail the login.
    }
  };
  return {
    durations,
    report: (step, durationMs, saw) => report({ step, durationMs, saw }),
    step: async (step, run) => {
      const startedAt = clock.now();
      const saw: LoginStep['saw'] = {};
      try {
        const result = await run(saw);
        report({ step, durationMs: clock.now() - startedAt, saw });
        return result;
      } catch (error) {
        const message = error instanceof Error ? error.message : 'failed';
        report({ step, durationMs: clock.now() - startedAt, saw, error: redactor.redact(message, 500) });
        throw error;
      }
    },
  };
}
