/** What the mutants of a room say about its tests. */
import type { Argument } from './arguments.ts';
import type { Mutant } from './stryker.ts';

export interface Score {
  room: string;
  killed: number;
  /** Detected as well: the tests did not end, as with an endless loop. */
  timeouts: number;
  /** A test ran it, and passed. */
  survived: Mutant[];
  /** No test runs it. */
  uncovered: Mutant[];
  argued: (Mutant & { because: string })[];
  /** What is argued of mutants that are killed after all, or that are no longer there. */
  untrue: Pick<Mutant, 'file' | 'line' | 'mutated'>[];
  /** Percent of the mutants that are not argued. */
  detected: number;
}

/** `files`: those that were mutated, whose arguments have to hold. */
export function scoreOf(room: string, files: string[], mutants: Mutant[], all: Argument[]): Score {
  const argumentsHere = all.filter(({ file }) => files.includes(file));
  const argued: Score['argued'] = [];
  const survived: Mutant[] = [];
  const uncovered: Mutant[] = [];
  let killed = 0;
  let timeouts = 0;
  for (const mutant of mutants) {
    const argument = argumentsHere.find((each) => isAbout(each, mutant));
    if (argument && !isKilled(mutant)) argued.push({ ...mutant, because: argument.because });
    else if (isKilled(mutant)) killed += 1;
    else if (mutant.status === 'Timeout') timeouts += 1;
    else if (mutant.status === 'NoCoverage') uncovered.push(mutant);
    else survived.push(mutant);
  }
  const counted = killed + timeouts + survived.length + uncovered.length;
  return {
    room,
    killed,
    timeouts,
    survived,
    uncovered,
    argued,
    untrue: argumentsHere.flatMap(({ file, line, mutated }) =>
      mutated
        .filter((each) => !argued.some((mutant) => mutant.line === line && mutant.mutated === each))
        .map((each) => ({ file, line, mutated: each })),
    ),
    detected: counted === 0 ? 100 : (100 * (killed + timeouts)) / counted,
  };
}

/** A run that ends with an error fails as a build does that ends with one. */
const isKilled = ({ status }: Mutant) => status === 'Killed' || status === 'RuntimeError';

const isAbout = (argument: Argument, mutant: Mutant) =>
  argument.file === mutant.file && argument.line === mutant.line && argument.mutated.includes(mutant.mutated);
