/** Definitions of test/real go in as they are written; then for the address where their program really listens. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Gatehouse } from '../gatehouse.ts';

export type Definition = Record<string, unknown> & { code: string };

export const definitionIn = (folder: string): Definition =>
  JSON.parse(readFileSync(path.join(folder, 'definition.json'), 'utf8')) as Definition;

/** Puts the document as it is, and deletes it again. @throws Error with what is wrong with it. */
export async function putAsWritten(gatehouse: Gatehouse, definition: Definition): Promise<void> {
  const address = `/v1/admin/services/${definition.code}`;
  const { status, text } = await gatehouse.ask('PUT', address, { body: definition });
  if (status !== 201) throw new Error(`The definition was refused: ${text}`);
  await gatehouse.ask('DELETE', address);
}
