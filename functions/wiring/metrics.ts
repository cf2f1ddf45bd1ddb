import { once } from '../../lib/runtime/once.ts';
import { config } from './environment.ts';

/** CloudWatch reads metrics from the log. In a terminal they are noise, unless somebody asks for all there is. */
export const emitMetrics = once((): ((line: string) => void) => {
  const { isLocal, logLevel } = config();
  if (isLocal && logLevel !== 'INFO' && logLevel !== 'DEBUG') return () => undefined;
  return (line) => void process.stdout.write(`${line}\n`);
});
