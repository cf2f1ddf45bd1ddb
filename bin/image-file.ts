/** Pictures that the API has, written where a person can look at them. */
import { writeFileSync } from 'node:fs';
import { CommandFailed, EXIT } from './api.ts';

/** @returns the line that says what was written. */
export function writeImage(
  file: string,
  { bytes, contentType }: { bytes: Uint8Array; contentType: string },
): string {
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be written: ${(error as Error).message}`, EXIT.INVALID);
  }
  return `${file}: ${contentType}, ${bytes.length} bytes.`;
}
