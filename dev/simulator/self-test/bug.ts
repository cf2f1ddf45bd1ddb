/** A bug that is planted in the real code while it is loaded. */
export interface Bug {
  /** What is wrong, in words. Rows of FAULTS in brackets. */
  name: string;
  file: string;
  /** Must stand in the file exactly once. */
  right: string;
  wrong: string;
}

/** @throws Error where the code has changed and the bug cannot be planted any more. */
export function plantedIn(source: string, { name, file, right, wrong }: Bug): string {
  const parts = source.split(right);
  if (parts.length !== 2)
    throw new Error(`"${name}" cannot be planted: ${file} has its line ${parts.length - 1} times.`);
  return parts.join(wrong);
}
