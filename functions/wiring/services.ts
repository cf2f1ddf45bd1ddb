import { freshForMs } from '../../lib/calls/guard/revision-marker.ts';
import { parseStoredDefinition } from '../../lib/registry/validation.ts';
import { once } from '../../lib/runtime/once.ts';
import { catalogOf } from './registry-table.ts';

/** Services with all their slices, for the functions that call them. */
export const catalog = once(() => catalogOf(parseStoredDefinition, { freshForMs }));

export const serviceCodes = async () => (await catalog().list()).map(({ definition }) => definition.code);
