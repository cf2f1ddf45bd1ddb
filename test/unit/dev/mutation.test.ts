import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARGUMENTS } from '../../../dev/mutation/arguments.ts';
import { ROOMS, ROOT, filesOf, quickSliceOf, testsOf } from '../../../dev/mutation/rooms.ts';
import { scoreOf } from '../../../dev/mutation/score.ts';
import type { Mutant } from '../../../dev/mutation/stryker.ts';

const mutant = (status: Mutant['status'], mutated: string): Mutant => ({
  file: 'lib/a.ts',
  lineNumber: 1,
  mutator: 'EqualityOperator',
  line: 'a > b',
  mutated,
  status,
});
const argument = (...mutated: string[]) => ({
  file: 'lib/a.ts',
  line: 'a > b',
  mutated,
  because: 'it is the same',
});

describe('the score of a room', () => {
  it('counts what tests noticed, of all mutants but those that are argued', () => {
    const mutants = [
      mutant('Killed', '1'),
      mutant('RuntimeError', '2'),
      mutant('Timeout', '3'),
      mutant('Survived', '4'),
      mutant('NoCoverage', '5'),
      mutant('Survived', '6'),
    ];
    const score = scoreOf('a', ['lib/a.ts'], mutants, [argument('6')]);
    expect(score).toMatchObject({ killed: 2, timeouts: 1, detected: 60, untrue: [] });
    expect(score.survived.map(({ mutated }) => mutated)).toEqual(['4']);
    expect(score.uncovered.map(({ mutated }) => mutated)).toEqual(['5']);
    expect(score.argued).toMatchObject([{ mutated: '6', because: 'it is the same' }]);
  });

  it('takes no argument for a mutant that a test kills, nor for one that is not there', () => {
    const elsewhere = { ...argument('gone'), file: 'lib/b.ts' };
    const mutants = [mutant('Killed', 'killed'), mutant('Survived', 'right')];
    const score = scoreOf('a', ['lib/a.ts'], mutants, [argument('right', 'killed', 'gone'), elsewhere]);
    expect(score).toMatchObject({ killed: 1, detected: 100 });
    expect(score.argued.map(({ mutated }) => mutated)).toEqual(['right']);
    expect(score.untrue.map(({ mutated }) => mutated)).toEqual(['killed', 'gone']);
  });
});

describe('the rooms that are mutated', () => {
  it('have files, and tests of their own', () => {
    for (const room of ROOMS) {
      expect(filesOf(room), room.name).not.toEqual([]);
      expect(testsOf(room), room.name).not.toEqual([]);
      for (const path of [...filesOf(room), ...testsOf(room)])
        expect(existsSync(join(ROOT, path))).toBe(true);
    }
  });

  it('give CI files of theirs that have a unit test in the same place', () => {
    for (const room of ROOMS) {
      const { files, tests } = quickSliceOf(room);
      expect(filesOf(room)).toEqual(expect.arrayContaining(files));
      for (const test of tests) expect(existsSync(join(ROOT, test)), test).toBe(true);
    }
  });

  it('hold every file that something is argued about', () => {
    const files = ROOMS.flatMap(filesOf);
    for (const { file } of ARGUMENTS) expect(files).toContain(file);
  });
});
