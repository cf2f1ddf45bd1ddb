import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/**
 * What the local stack remembers between two starts: where the sandbox was (definitions point there), and
 * which shipped definitions it has applied (one that a person deleted stays deleted).
 */
const Memory = z.object({
  baseUrls: z.record(z.string(), z.string()).default({}),
  applied: z.array(z.string()).default([]),
});
export type SandboxMemory = z.output<typeof Memory>;

export function readSandboxMemory(dataDir: string): SandboxMemory {
  if (dataDir === 'memory') return { baseUrls: {}, applied: [] };
  try {
    return Memory.parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
  } catch {
    // Missing or damaged: only the ports are lost.
    return { baseUrls: {}, applied: [] };
  }
}

export function writeSandboxMemory(dataDir: string, memory: SandboxMemory): void {
  if (dataDir !== 'memory') writeFileSync(fileIn(dataDir), JSON.stringify(memory, undefined, 2));
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'sandbox.json');
}
