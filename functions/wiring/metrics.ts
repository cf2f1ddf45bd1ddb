import { once } from '../../lib/runtime/once.ts';
import { emfLine } from '../../lib/vendors/log/emf.ts';
import type { EmfLine } from '../../lib/vendors/log/emf.ts';
import { config } from './environment.ts';

/** CloudWatch reads metrics from the log. In a terminal they are noise, unless somebody asks for all there is. */
export const emitMetrics = once((): ((line: EmfLine) => void) => {
  const { isLocal, logLevel } = config();
  if (isLocal && logLevel !== 'INFO' && logLevel !== 'DEBUG') return () => undefined;
  return (line) => void process.stdout.write(`${emfLine(line)}\n`);
});
