import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The command line as a shell runs it. @param env what it finds in its environment beside ours. */
export function runGatehouse(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const command = [join(import.meta.dirname, '..', 'bin', 'gatehouse.mjs'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}
