/** Parts of a definition as they are drafted. */
import type { Extractors } from '../../definition/extractor/schema.ts';
import type { DefinitionInput } from '../definition.ts';

type Session = Extract<DefinitionInput['auth'], { type: 'SESSION' }>;
export type LoginDraft = NonNullable<Session['login']>;
export type StepDraft = Omit<NonNullable<LoginDraft['after']>[number], 'extract'> & { extract: Extractors };

export type OperationDraft = NonNullable<DefinitionInput['operations']>[string];
export type Before = NonNullable<OperationDraft['before']>[number];
