/** Writes `services/service.schema.json`: what gives editors completion in a definition. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Definition } from '../lib/registry/definition.ts';

export const SCHEMA_FILE = join(import.meta.dirname, '..', 'services', 'service.schema.json');

/** The file's whole text: JSON Schema 2020-12 of a definition as a person writes it. */
export function serviceSchemaText(): string {
  const schema = z.toJSONSchema(Definition, { io: 'input' });
  const titled = { ...schema, title: 'Gatehouse service definition' };
  return `${JSON.stringify(titled, null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, serviceSchemaText());
  process.stdout.write(`${SCHEMA_FILE}\n`);
}
