import { vi } from 'vitest';

/** Keeps what the process writes to its terminal, line by line. Restored by `vi.restoreAllMocks`. */
export function recordOutput() {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
  }
  const lines = () => text.split('\n').filter((line) => line !== '');
  const parsed = () => lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    text: () => text,
    errors: () => parsed().filter(({ level }) => level === 'ERROR'),
    metrics: () => parsed().filter((line) => '_aws' in line),
    logged: () => parsed().filter((line) => 'level' in line),
  };
}
