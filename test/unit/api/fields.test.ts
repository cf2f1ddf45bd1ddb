import { expect, test } from 'vitest';
import * as z from 'zod';
import { fieldErrors } from '../../../lib/runtime/field-errors.ts';

const Schema = z.strictObject({ name: z.string(), count: z.int(), tags: z.array(z.string()).min(1) });

test('a value that is missing is required; a wrong one keeps its message', () => {
  const { error } = Schema.safeParse({ count: 'x', tags: [], more: 1 });
  expect(fieldErrors(error!)).toEqual([
    { field: 'name', message: 'is required' },
    { field: 'count', message: 'Invalid input: expected number, received string' },
    { field: 'tags', message: expect.stringContaining('Too small') as string },
    { field: 'more', message: 'is not a known field' },
  ]);
});
