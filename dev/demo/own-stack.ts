/**
 * A Gatehouse in memory for one demo, in a process of its own: what its functions write to standard output
 * (metrics, one line per call) is not part of the demo's output. Started by `stack.ts`, and ends with it.
 */
import { randomBytes } from 'node:crypto';
import { startLocal } from '../local.ts';
import type { ToDemo } from './stack.ts';

const adminKey = `gh_${randomBytes(32).toString('base64url')}`;
/** As EventBridge sends it. */
const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

const tellDemo = (message: ToDemo) => void process.send?.(message);
// Ctrl-C reaches the whole process group: the demo handles it.
process.on('SIGINT', () => {});

try {
  // The story provokes failures, and shows their answers; their log lines would stand in between.
  const env = { LOG_LEVEL: 'SILENT', ...process.env };
  const stack = await startLocal({ port: 0, dataDir: 'memory', sandbox: false, adminKey, env });
  process.on('message', () => {
    const ticked = stack.host.functions.invoke('keepalive', SCHEDULED);
    ticked.then(
      () => tellDemo({ ticked: true }),
      (error: unknown) => tellDemo({ failed: String(error) }),
    );
  });
  process.on('disconnect', () => void stack.stop().finally(() => process.exit(0)));
  tellDemo({ url: stack.url, adminKey });
  if (!process.connected) process.emit('disconnect');
} catch (error) {
  tellDemo({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect?.();
}
