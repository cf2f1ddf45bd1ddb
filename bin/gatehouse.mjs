#!/usr/bin/env node
import { ensureNode } from '../dev/node-version.mjs';

if (await ensureNode(import.meta.url)) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv);
}
