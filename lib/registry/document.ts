import * as z from 'zod';
import { Definition } from './definition.ts';

/** A definition as it is read and written over the API: with the registry's own fields. */
export const DefinitionDocument = Definition.safeExtend({
  revision: z.int().min(1).optional().describe('The revision you read: a PUT with an older one is refused'),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});
