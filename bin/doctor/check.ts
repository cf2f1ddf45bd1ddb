/** What one look at the stack came to. */
export interface Check {
  check: string;
  /** `warn`: nothing is broken, but something is not as it should stay. */
  level: 'ok' | 'warn' | 'FAIL';
  /** With what to do. */
  message: string;
}

/** Of a look that found nothing. */
export const NOTHING: Finding[] = [];
export type Finding = Omit<Check, 'check'>;

export const warn = (message: string): Finding[] => [{ level: 'warn', message }];
export const fail = (message: string): Finding[] => [{ level: 'FAIL', message }];
