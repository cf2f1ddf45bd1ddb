import { closeSync, openSync, readSync } from 'node:fs';
import { CommandFailed, EXIT } from './api.ts';

/** A browser's recording of an hour has less. */
const MAX_BYTES = 64 * 1_024 * 1_024;

/** A file's text, or that of standard input for `-`. @throws CommandFailed `INVALID` when it is not there, or too large. */
export function readTextFile(file: string): string {
  const chunks: Buffer[] = [];
  let left = MAX_BYTES;
  const descriptor = file === '-' ? 0 : open(file);
  try {
    for (;;) {
      const chunk = Buffer.alloc(1_024 * 1_024);
      const read = readSync(descriptor, chunk);
      if (read === 0) break;
      left -= read;
      if (left < 0) throw new CommandFailed(`${file}: is larger than ${MAX_BYTES >> 20} MB.`, EXIT.INVALID);
      chunks.push(chunk.subarray(0, read));
    }
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`${file}: cannot be read.`, EXIT.INVALID);
  } finally {
    if (file !== '-') closeSync(descriptor);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFailed(`${file}: ${missing ? 'not found' : 'cannot be read'}.`, EXIT.INVALID);
  }
}

/** @throws CommandFailed `INVALID`; the parser's own message may quote the text, which is secret. */
export function parseJsonFile(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailed(`${file}: is not JSON.`, EXIT.INVALID);
  }
}
