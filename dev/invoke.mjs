import { ensureNode } from './node-version.mjs';

if (await ensureNode(import.meta.url)) await import('./invoke.ts');
