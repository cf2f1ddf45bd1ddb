/** The report that is checked in: the scores of all rooms, the mutants that survive, the arguments. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { ROOMS, ROOT } from './rooms.ts';
import type { Score } from './score.ts';
import type { Mutant } from './stryker.ts';

/** What is remembered of rooms that were not run this time. */
const DATA = join(import.meta.dirname, 'report.json');
const PAGE = join(ROOT, 'docs', 'builders', 'mutation-report.generated.md');

interface Kept {
  /** Without line numbers, which change with every edit. */
  line: string;
  mutated: string;
  file: string;
  because?: string;
}

interface RoomReport {
  /** The day of the run. */
  at: string;
  detected: number;
  killed: number;
  timeouts: number;
  survived: Kept[];
  uncovered: Kept[];
  argued: Kept[];
}

export async function keepScore({ room, ...score }: Score): Promise<void> {
  const rooms = existsSync(DATA)
    ? (JSON.parse(readFileSync(DATA, 'utf8')) as Record<string, RoomReport>)
    : {};
  const { killed, timeouts, detected } = score;
  rooms[room] = {
    at: new Date().toISOString().slice(0, 10),
    detected: Math.floor(10 * detected) / 10,
    killed,
    timeouts,
    survived: score.survived.map(kept),
    uncovered: score.uncovered.map(kept),
    argued: score.argued.map((mutant) => ({ ...kept(mutant), because: mutant.because })),
  };
  writeFileSync(DATA, await format(JSON.stringify(rooms), { parser: 'json' }));
  writeFileSync(PAGE, pageOf(rooms));
}

const kept = ({ file, line, mutated }: Mutant): Kept => ({ file, line, mutated });

function pageOf(rooms: Record<string, RoomReport>): string {
  const known = ROOMS.flatMap(({ name }) => (rooms[name] ? [{ name, ...rooms[name] }] : []));
  const rows = known.map(
    ({ name, detected, killed, timeouts, survived, uncovered, argued, at }) =>
      `| ${name} | ${detected} % | ${killed} | ${timeouts} | ${survived.length} | ${uncovered.length} | ${argued.length} | ${at} |`,
  );
  const lists = known.map(({ name, survived, uncovered, argued }) =>
    [
      `## ${name}`,
      listOf('Argued to be equivalent', argued),
      listOf('Survived', survived),
      listOf('Run by no test', uncovered),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  return `${HEAD}${rows.join('\n')}\n\n${lists.join('\n\n')}\n`;
}

function listOf(title: string, mutants: Kept[]): string {
  if (mutants.length === 0) return '';
  const byFile = Map.groupBy(mutants, ({ file }) => file);
  const parts = [...byFile].map(([file, of]) => {
    const lines = of.map(
      ({ line, mutated, because }) =>
        `- ${line}\n+ ${mutated}${because === undefined ? '' : `\n# ${because}`}`,
    );
    return `\`${file}\`\n\n\`\`\`diff\n${lines.join('\n\n')}\n\`\`\``;
  });
  return [`### ${title}`, ...parts].join('\n\n');
}

const HEAD = `# Mutation report

Written by \`npm run mutate\` ([mutation testing](mutation-testing.md)); do not edit. "Detected" is killed and timeouts, of
all mutants that are not argued to be equivalent.

| room | detected | killed | timeouts | survived | run by no test | argued | on |
| ---- | -------- | ------ | -------- | -------- | -------------- | ------ | -- |
`;
