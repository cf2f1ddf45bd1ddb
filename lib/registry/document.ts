import * as z from 'zod';
import { Definition } from './definition.ts';

/** A definition as it is read and written over the API: with what the registry keeps beside it. */
export const DefinitionDocument = Definition.safeExtend({
  revision: z.int().min(1).optional().describe('What you read: a PUT with an old one is refused'),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});
