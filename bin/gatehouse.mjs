#!/usr/bin/env node
import { ensureNode } from '../dev/node-version.mjs';

if (await ensureNode(import.meta.url)) {
  // Whoever reads has read enough (`gatehouse services list | head`): nothing is left to say.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv);
}
