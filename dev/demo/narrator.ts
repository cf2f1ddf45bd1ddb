/** Tells the story to a person, and keeps count of what did not hold. */
export interface Narrator {
  /** Begins a numbered step. */
  step(title: string): void;
  say(line: string): void;
  /** A statement that must hold. `values` show what was seen. */
  claim(statement: string, holds: boolean, seen?: string): void;
  /** Statements that did not hold. */
  broken(): readonly string[];
}

export function createNarrator(write: (line: string) => void): Narrator {
  const broken: string[] = [];
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      write('');
      write(`${steps}. ${title}`);
    },
    say: (line) => write(`   ${line}`),
    claim(statement, holds, seen) {
      if (!holds) broken.push(statement);
      const shown = seen === undefined ? statement : `${statement} (${seen})`;
      write(`   ${holds ? '✓' : '✗ DOES NOT HOLD:'} ${shown}`);
    },
    broken: () => broken,
  };
}
