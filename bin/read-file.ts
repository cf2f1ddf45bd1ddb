import { createReadStream } from 'node:fs';
import { CommandFailed, EXIT } from './api.ts';

/** A browser's recording of an hour has less. */
const MAX_BYTES = 64 * 1_024 * 1_024;

/**
 * A file's text, or that of standard input for `-`. Read as a stream: whoever writes into a pipe may be slower than we
 * are. Rejects with `CommandFailed` `INVALID` when it is not there, or too large.
 */
export async function readTextFile(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let left = MAX_BYTES;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      left -= (chunk as Buffer).length;
      if (left < 0) throw new CommandFailed(`${file}: is larger than ${MAX_BYTES >> 20} MB.`, EXIT.INVALID);
    }
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFailed(`${file}: ${missing ? 'not found' : 'cannot be read'}.`, EXIT.INVALID);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/**
 * @param parse of the text; `JSON.parse` rounds numbers
 * @throws CommandFailed `INVALID`; the parser's own message may quote the text, which is secret.
 */
export function parseJsonFile(
  file: string,
  text: string,
  parse: (text: string) => unknown = JSON.parse,
): unknown {
  try {
    return parse(text);
  } catch {
    throw new CommandFailed(`${file}: is not JSON.`, EXIT.INVALID);
  }
}
