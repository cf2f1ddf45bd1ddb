import type { Answer } from './route-types.ts';
import { visibleLine } from './visible.ts';

export type Explained = Extract<Answer<'testOperation'>, { requests: unknown }>;

/** Requests as they would be written, one after the other; what is not in them after `--`. */
export function explainedLines({ requests, notes }: Explained): string[] {
  return [
    ...requests.flatMap(({ of, method, url, headers, body }, at) => [
      `${at + 1}. ${method} ${visibleLine(url)}`,
      `   (${of})`,
      ...Object.entries(headers).map(([name, value]) => `   ${name}: ${visibleLine(value)}`),
      ...(body === undefined
        ? []
        : ['', ...body.split('\n').map((line) => `   ${line.trimEnd()}`.trimEnd())]),
      '',
    ]),
    ...notes.map((note) => `-- ${visibleLine(note)}`),
    '-- Nothing was sent.',
  ];
}
