import type { Api } from './api.ts';

/** What a command is given: the API, and its output. */
export interface Terminal {
  api: () => Api;
  /** `value` with `--json`, else the lines. */
  print: (value: unknown, lines: string[]) => void;
  /** Beside the output, which may be piped into a file. */
  note: (line: string) => void;
}
